-- The archive, version 1. docs/archive.md explains it.
--
-- Ids are numbers of this archive alone, given in the order in which documents
-- came in. Across archives a document is its sha256 (and media type), a
-- declaration the number it has in its document, a fact its number in the
-- declaration: exports and merges go by these.

PRAGMA application_id = 0x53686261; -- Shba
PRAGMA user_version = 1;

-- A document by its content, read once however many files hold it.
CREATE TABLE sources (
    id           INTEGER PRIMARY KEY,
    sha256       TEXT NOT NULL,
    media_type   TEXT NOT NULL,             -- '' where it failed before that was known
    bytes        INTEGER NOT NULL,
    encoding     TEXT,
    title        TEXT,                      -- of the document, above its first form
    state        TEXT NOT NULL CHECK (state IN ('done', 'failed')),
    reason       TEXT,                      -- of a failure: binary, too-large, timeout, memory, crash …
    message      TEXT,
    program      TEXT NOT NULL,             -- version of the program that read it
    grammar      TEXT NOT NULL,             -- fingerprint of the grammars that it was read by
    declarations INTEGER NOT NULL,          -- how many it holds
    UNIQUE (sha256, media_type)
);

-- Where documents lie. What cannot even be opened has a reason and no source.
CREATE TABLE files (
    path         TEXT PRIMARY KEY,          -- as given; bytes that are not UTF-8 stand as %XX
    source_id    INTEGER REFERENCES sources,
    bytes        INTEGER NOT NULL,          -- bytes, mtime_ns, inode: as the file was when it was read;
    mtime_ns     INTEGER NOT NULL,          -- a file that still looks so is not read again
    inode        INTEGER NOT NULL,
    reason       TEXT,
    message      TEXT
) WITHOUT ROWID;

-- The XML of `shenbao extract --compact`, with an empty href, compressed (zstd).
CREATE TABLE extractions (
    source_id    INTEGER PRIMARY KEY REFERENCES sources ON DELETE CASCADE,
    bytes        INTEGER NOT NULL,          -- uncompressed
    xml          BLOB NOT NULL
);

-- A form of one project; what people look for is repeated here from the header.
CREATE TABLE declarations (
    id           INTEGER PRIMARY KEY,
    source_id    INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
    number       INTEGER NOT NULL,          -- 1 for d1
    kind         TEXT NOT NULL,             -- declaration, evaluation
    layout       TEXT,                      -- the kinds of its parts: overview+targets
    coverage     REAL NOT NULL,             -- 0 to 1
    title        TEXT,
    project      TEXT,
    code         TEXT,
    unit         TEXT,                      -- implementing, else reporting unit, else department
    department   TEXT,                      -- competent-department
    year         INTEGER,
    errors       INTEGER NOT NULL,          -- findings by severity
    warnings     INTEGER NOT NULL
);

-- Facts. `fact` numbers the facts of a declaration in document order, over all of
-- these tables; an empty statement (a label with nothing beside it) is NULL.

CREATE TABLE parts (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    kind         TEXT,
    title        TEXT,
    PRIMARY KEY (declaration_id, fact)
) WITHOUT ROWID;

CREATE TABLE header (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    element      TEXT NOT NULL,             -- fiscal-year, project-name …
    value        TEXT,                      -- of check boxes: those ticked, joined by 、
    PRIMARY KEY (declaration_id, fact)
) WITHOUT ROWID;

CREATE TABLE narrative (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    element      TEXT NOT NULL,             -- overview, basis, annual-goal …
    value        TEXT,
    date_from    TEXT,                      -- of a schedule
    date_to      TEXT,
    PRIMARY KEY (declaration_id, fact)
) WITHOUT ROWID;

-- Money: `fen` is exact (1 元 = 100 分); where it cannot be (finer than a fen, or too large) it is
-- NULL and `yuan` has the decimal. `yuan` is NULL otherwise.
CREATE TABLE funding (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    scope        TEXT NOT NULL,             -- project, midterm, annual, previous
    source       TEXT NOT NULL,             -- total, fiscal, central …
    stage        TEXT,                      -- of an evaluation: budgeted, adjusted, executed
    fen          INTEGER,
    yuan         TEXT,
    unit         TEXT,                      -- as printed: 元, 万元
    unit_from    TEXT,                      -- inline, label, declared, assumed
    PRIMARY KEY (declaration_id, fact)
) WITHOUT ROWID;

CREATE TABLE indicators (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    horizon      TEXT NOT NULL,             -- annual, midterm, project
    class        TEXT,                      -- output, benefit …
    dimension    TEXT,                      -- quantity, quality …
    level1       TEXT,
    level2       TEXT,
    name         TEXT,
    target       TEXT,                      -- as printed
    kind         TEXT,                      -- number, money, time, text
    op           TEXT,                      -- eq, ge, le, gt, lt
    value        TEXT,                      -- plain decimal; of money in 元
    unit         TEXT,
    description  TEXT,
    standard     TEXT,
    weight       TEXT,
    direction    TEXT,
    actual       TEXT,
    score        TEXT,
    deviation    TEXT,
    PRIMARY KEY (declaration_id, fact)
) WITHOUT ROWID;

CREATE TABLE budget_lines (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    role         TEXT NOT NULL,             -- line, total, previous-total
    name         TEXT,
    content      TEXT,
    detail       TEXT,
    amount_fen   INTEGER,                   -- …_fen and …_yuan as in funding
    amount_yuan  TEXT,
    unit_price_fen INTEGER,
    unit_price_yuan TEXT,
    price_basis  TEXT,
    quantity     TEXT,                      -- plain decimal
    quantity_unit TEXT,
    quantity_basis TEXT,
    basis        TEXT,
    previous_fen INTEGER,
    previous_yuan TEXT,
    remark       TEXT,
    PRIMARY KEY (declaration_id, fact)
) WITHOUT ROWID;

CREATE TABLE safeguards (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    system       TEXT,
    document     TEXT,
    measure      TEXT,
    phases       TEXT,                      -- those ticked, joined by 、
    PRIMARY KEY (declaration_id, fact)
) WITHOUT ROWID;

-- What no table above has a column for: labelled values that no rule knows, and
-- elements that a grammar adds (`fact` is then that of the fact they belong to).
CREATE TABLE fields (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    number       INTEGER NOT NULL,          -- place of its span in the fact
    element      TEXT NOT NULL,             -- field, or what the grammar calls it
    label        TEXT,
    value        TEXT,
    PRIMARY KEY (declaration_id, fact, number)
) WITHOUT ROWID;

-- The check boxes of a header field or a safeguard, ticked or not.
CREATE TABLE options (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    value        TEXT,
    checked      INTEGER NOT NULL,
    PRIMARY KEY (declaration_id, fact, number)
) WITHOUT ROWID;

-- What checks and reading found. Those of the document as a whole have no declaration.
CREATE TABLE findings (
    source_id    INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
    number       INTEGER NOT NULL,          -- in the document
    declaration_id INTEGER REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER,                   -- its number among the facts, for its spans: one a side
    rule         TEXT NOT NULL,
    severity     TEXT NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
    message      TEXT NOT NULL,             -- in both languages
    difference   TEXT,
    PRIMARY KEY (source_id, number)
) WITHOUT ROWID;

-- Where each value stands: the provenance of the output, a row an element with a value or a label.
CREATE TABLE spans (
    declaration_id INTEGER NOT NULL REFERENCES declarations ON DELETE CASCADE,
    fact         INTEGER NOT NULL,
    number       INTEGER NOT NULL,          -- in the fact
    element      TEXT NOT NULL,             -- target, name …: mostly the column it is the evidence of
    bytes        TEXT,                      -- ranges in the document as it lies on disk: 293-298 310-316
    line         INTEGER,
    col          INTEGER,
    rule         TEXT,
    label        TEXT,
    raw          TEXT,                      -- the source text where it differs from the value
    taken        TEXT,                      -- p:by: filled, shifted, corrected …
    also         TEXT,                      -- ranges of further statements of the same value
    mark         TEXT,                      -- range of a check mark
    PRIMARY KEY (declaration_id, fact, number)
) WITHOUT ROWID;

CREATE INDEX files_source ON files (source_id);
CREATE UNIQUE INDEX declarations_source ON declarations (source_id, number);
CREATE INDEX declarations_project ON declarations (project, year);
CREATE INDEX declarations_unit ON declarations (unit, year);
CREATE INDEX declarations_year ON declarations (year);
CREATE INDEX findings_declaration ON findings (declaration_id);

-- Full text, a row a declaration. Words of three characters and more: search MATCH '"便民窗口"';
-- shorter ones: search_text with LIKE.
CREATE VIEW search_text (id, project, unit, names, narrative) AS
SELECT d.id, d.project,
       (SELECT group_concat(value, char(10)) FROM
           (SELECT value FROM header h WHERE h.declaration_id = d.id AND h.value IS NOT NULL
               AND h.element IN ('competent-department', 'implementing-unit', 'reporting-unit') ORDER BY fact)),
       (SELECT group_concat(name, char(10)) FROM
           (SELECT fact, name FROM indicators i WHERE i.declaration_id = d.id AND i.name IS NOT NULL
            UNION ALL
            SELECT fact, name FROM budget_lines b WHERE b.declaration_id = d.id AND b.name IS NOT NULL ORDER BY fact)),
       (SELECT group_concat(value, char(10)) FROM
           (SELECT value FROM narrative n WHERE n.declaration_id = d.id AND n.value IS NOT NULL ORDER BY fact))
FROM declarations d;

CREATE VIRTUAL TABLE search USING fts5 (
    project, unit, names, narrative,
    content = 'search_text', content_rowid = 'id', tokenize = 'trigram'
);

INSERT INTO search (search, rank) VALUES ('automerge', 16); -- half the work of the default, for large batches

-- What the batches did, for people: no part of the content, and of no export.
CREATE TABLE runs (
    id           INTEGER PRIMARY KEY,
    started      TEXT NOT NULL,             -- UTC, ISO 8601
    ended        TEXT,                      -- NULL while it runs, or if it was killed
    program      TEXT NOT NULL,
    grammar      TEXT NOT NULL,
    jobs         INTEGER NOT NULL,
    done         INTEGER NOT NULL DEFAULT 0,
    failed       INTEGER NOT NULL DEFAULT 0,
    skipped      INTEGER NOT NULL DEFAULT 0
);

-- Answers to common questions. Money is in 元, exact as far as a REAL goes; sums are exact in fen.

-- One row a form, with a file that holds it.
CREATE VIEW forms AS
SELECT d.id AS declaration_id, d.project, d.code, d.unit, d.department, d.year, d.kind, d.coverage, d.errors, d.warnings,
       (SELECT min(path) FROM files f WHERE f.source_id = d.source_id) AS path, 'd' || d.number AS form, s.sha256
FROM declarations d JOIN sources s ON s.id = d.source_id;

-- The money of each unit in each year: annual totals; where a form states none, the sum is NULL and says so.
CREATE VIEW funding_by_unit_and_year AS
SELECT unit, year, count(*) AS forms, count(fen) AS forms_with_money, sum(fen) AS fen, sum(fen) / 100.0 AS yuan
FROM (SELECT d.unit, d.year,
             (SELECT fen FROM funding f WHERE f.declaration_id = d.id AND f.scope = 'annual' AND f.source = 'total'
                 AND ifnull(f.stage, 'budgeted') = 'budgeted' ORDER BY fact LIMIT 1) AS fen
      FROM declarations d WHERE d.kind = 'declaration')
GROUP BY unit, year;

-- The indicators of a project over the years: WHERE project = '…'.
CREATE VIEW indicators_over_years AS
SELECT d.project, d.unit, d.year, d.kind, i.horizon, i.level1, i.level2, i.name, i.target, i.op, i.value, i.unit AS measure,
       i.actual, d.id AS declaration_id, i.fact
FROM indicators i JOIN declarations d ON d.id = i.declaration_id
ORDER BY d.project, i.level1, i.level2, i.name, d.year, d.id, i.fact;

-- Forms with findings of severity error, the worst first.
CREATE VIEW forms_with_errors AS
SELECT f.*, (SELECT group_concat(rule, ' ') FROM
                (SELECT DISTINCT rule FROM findings n WHERE n.declaration_id = f.declaration_id AND n.severity = 'error'
                 ORDER BY rule)) AS rules
FROM forms f WHERE f.errors > 0
ORDER BY f.errors DESC, f.path, f.declaration_id;

-- What could not be read, with its reason.
CREATE VIEW failures AS
SELECT f.path, ifnull(f.reason, s.reason) AS reason, ifnull(f.message, s.message) AS message, f.bytes, s.sha256
FROM files f LEFT JOIN sources s ON s.id = f.source_id
WHERE f.source_id IS NULL OR s.state = 'failed'
ORDER BY f.path;
