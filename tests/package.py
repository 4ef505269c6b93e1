#!/usr/bin/env python3
"""package - whether a folder is a valid tabular data package (Frictionless, version 1).

usage: package.py FOLDER

Reads the description strictly, then every file by it: bytes, hash, dialect, header, the
type of every field of every row, primary keys, foreign keys. Prints the rows of each
resource; what is wrong goes to standard error, and the exit status is then 1.
"""
import codecs
import csv
import hashlib
import io
import json
import os
import re
import sys

TYPES = {
    'string': lambda text: True,
    'integer': lambda text: re.fullmatch(r'[+-]?[0-9]+', text) is not None,
    'number': lambda text: re.fullmatch(r'[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?', text) is not None,
}
troubles = 0


def wrong(*words):
    global troubles
    troubles += 1
    if troubles <= 20:
        print('package:', *words, file=sys.stderr)


def members(what, thing, required, optional=()):
    """That an object has the members that it must, of the types that they must have, and no others."""
    if not isinstance(thing, dict):
        wrong(what, 'is no object')
        return False
    fine = True
    for name, kind in required.items():
        if name not in thing:
            wrong(what, 'has no', name)
            fine = False
    for name, value in thing.items():
        kind = required.get(name) or dict(optional).get(name)
        if not kind:
            wrong(what, 'has', name, 'which no profile knows')
        elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            wrong(what, name, 'is a', type(value).__name__)
            fine = False
    return fine


def key_of(what, key, names):
    key = [key] if isinstance(key, str) else key
    for name in key:
        if name not in names:
            wrong(what, 'key', name, 'is no field')
    return key


class Resource:
    def __init__(self, folder, thing):
        self.rows, self.thing, self.name = [], thing, str(thing.get('name'))
        self.is_fine = members(self.name, thing, {'name': str, 'path': str, 'schema': dict}, {
            'profile': str, 'format': str, 'mediatype': str, 'encoding': str, 'bytes': int, 'hash': str,
            'dialect': dict, 'title': str, 'description': str})
        if not self.is_fine:
            return
        if not re.fullmatch(r'[a-z0-9._-]+', self.name):
            wrong(self.name, 'is no name for a resource')
        if thing.get('profile') != 'tabular-data-resource':
            wrong(self.name, 'has the profile', thing.get('profile'))
        path = thing['path']
        if path.startswith('/') or '..' in path.split('/'):
            wrong(self.name, 'lies outside the package')
            return
        with open(os.path.join(folder, path), 'rb') as file:
            self.bytes = file.read()
        self.check_bytes()
        self.check_schema()
        self.read()

    def check_bytes(self):
        if self.thing.get('bytes') != len(self.bytes):
            wrong(self.name, 'has', len(self.bytes), 'bytes, not', self.thing.get('bytes'))
        method, _, value = self.thing.get('hash', '').partition(':')
        if method != 'sha256' or hashlib.sha256(self.bytes).hexdigest() != value:
            wrong(self.name, 'has another hash than', self.thing.get('hash'))

    def check_schema(self):
        schema = self.thing['schema']
        self.fields, self.primary, self.foreign = [], [], []
        if not members(self.name + ' schema', schema, {'fields': list},
                       {'primaryKey': (list, str), 'foreignKeys': list, 'missingValues': list}):
            return
        self.missing = schema.get('missingValues', [''])
        for field in schema['fields']:
            members(self.name + ' field', field, {'name': str, 'type': str},
                    {'title': str, 'description': str, 'format': str, 'constraints': dict})
            if field.get('type') not in TYPES:
                wrong(self.name, 'has a field of the type', field.get('type'))
            self.fields.append((field.get('name'), TYPES.get(field.get('type'), TYPES['string'])))
        self.names = [name for name, _ in self.fields]
        if len(set(self.names)) != len(self.names):
            wrong(self.name, 'has a field twice:', self.names)
        self.primary = key_of(self.name, schema.get('primaryKey', []), self.names)
        for key in schema.get('foreignKeys', []):
            if members(self.name + ' foreign key', key, {'fields': (list, str), 'reference': dict}) and \
                    members(self.name + ' reference', key['reference'], {'resource': str, 'fields': (list, str)}):
                self.foreign.append((key_of(self.name, key['fields'], self.names), key['reference']))

    def read(self):
        dialect = self.thing.get('dialect', {})
        members(self.name + ' dialect', dialect, {}, {
            'delimiter': str, 'lineTerminator': str, 'quoteChar': str, 'doubleQuote': bool,
            'skipInitialSpace': bool, 'header': bool})
        text = codecs.decode(self.bytes, self.thing.get('encoding', 'utf-8'), 'strict')
        ending = dialect.get('lineTerminator', '\r\n')
        if not text.endswith(ending):
            wrong(self.name, 'does not end with its line end')
        lines = csv.reader(io.StringIO(text, newline=''), strict=True,
                           delimiter=dialect.get('delimiter', ','), quotechar=dialect.get('quoteChar', '"'),
                           doublequote=dialect.get('doubleQuote', True),
                           skipinitialspace=dialect.get('skipInitialSpace', False))
        if next(lines, None) != self.names:
            wrong(self.name, 'has another header than its fields')
        for number, cells in enumerate(lines, 1):
            if len(cells) != len(self.fields):
                wrong(self.name, 'row', number, 'has', len(cells), 'cells')
                continue
            row = {}
            for (name, is_of_type), cell in zip(self.fields, cells):
                row[name] = None if cell in self.missing else cell
                if row[name] is not None and not is_of_type(cell):
                    wrong(self.name, 'row', number, name, 'is', repr(cell))
            self.rows.append(row)
        keys = {tuple(row[name] for name in self.primary) for row in self.rows}
        if self.primary and len(keys) != len(self.rows):
            wrong(self.name, 'has a primary key twice')
        if any(None in key for key in keys):
            wrong(self.name, 'has a row without its primary key')

    def check_references(self, resources):
        for fields, reference in self.foreign:
            other = resources.get(reference['resource'] or self.name)
            if not other:
                wrong(self.name, 'refers to', reference['resource'], 'which is no resource')
                continue
            there = key_of(self.name + ' reference', reference['fields'], other.names)
            known = {tuple(row[name] for name in there) for row in other.rows}
            for number, row in enumerate(self.rows, 1):
                key = tuple(row[name] for name in fields)
                if set(key) != {None} and key not in known: # half a key is a broken one
                    wrong(self.name, 'row', number, 'refers to', key, 'which is not there')


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, 'datapackage.json'), encoding='utf-8') as file:
        package = json.load(file)
    members('the package', package, {'resources': list, 'profile': str}, {
        'name': str, 'title': str, 'description': str})
    if package.get('profile') != 'tabular-data-package':
        wrong('the package has the profile', package.get('profile'))
    if not re.fullmatch(r'[a-z0-9._-]+', package.get('name', '-')):
        wrong('the package has no proper name')
    resources = {}
    for thing in package['resources']:
        resource = Resource(folder, thing)
        if resource.name in resources:
            wrong(resource.name, 'is there twice')
        resources[resource.name] = resource
    described = {resource.thing['path'] for resource in resources.values()}
    for name in os.listdir(folder):
        if name not in described and name != 'datapackage.json':
            wrong(name, 'is in no resource')
    for resource in resources.values():
        resource.check_references(resources)
        print(resource.name, len(resource.rows))
    if not resources:
        wrong('there is nothing in it')
    return troubles > 0


sys.exit(main())
