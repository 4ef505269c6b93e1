'use strict';
(() => {
const data = JSON.parse(document.getElementById('data').textContent);

/* ---- words ---- */

const words = {
    zh: {
        form: '表单', years: '历年', source: '原文', facts: '内容', findings: '问题', rows: '表格', text: '文本', help: '帮助',
        search: '筛选内容与问题', all: '全部', review: '待核对', save: '保存更正', saved: '已保存', language: 'English',
        error: '错误', warning: '警告', info: '提示', rule: '规则', anyRule: '所有规则', severity: '程度',
        printed: '原文', label: '标签', unit: '单位', place: '位置', bytes: '字节', grammar: '识读规则', by: '取得方式', path: '路径',
        line: '第$行', lineColumn: '第$行第$列', accept: '认可', edit: '更正', undo: '撤销', cancel: '取消', keep: '记下',
        note: '备注', who: '核对人', value: '值', accepted: '已认可', corrected: '已更正', was: '原为', blank: '未填写',
        noFindings: '没有问题', noFacts: '没有符合的内容', noForm: '本文件中没有识读到申报表', counted: '$ / $', sides: '涉及',
        filled: '由合并单元格补出', shifted: '由错列移回', joined: '由断开处拼合', reviewed: '经核对更正', residue: '未识读的文字',
        'by corrected': '由误识改回', difference: '相差', printedIn: '按原文写法填写，单位 $', close: '关闭', legendValue: '值', legendLabel: '标签',
        legendResidue: '未识读', legendFinding: '问题', coverage: '识读率 $', declarations: '$ 份申报', year: '$年', project: '项目',
        money: '资金（万元）', logarithmic: '对数刻度', targets: '绩效指标值', moneyChart: '资金', noYears: '没有同一项目的多年表单', indicator: '指标', openForm: '打开表单',
        toReview: '待核对 $ 处', reviewDone: '已全部核对', nothing: '尚无更正。选中一个值，按 a 认可，按 e 更正。', document: '文件', kind: '类型',
        saveHelp: '文件可用 shenbao extract --corrections 重放，与原文件的 SHA-256 和字节位置绑定。', download: '下载', inSource: '看原文', inFacts: '看内容',
        declaration: '申报表', evaluation: '自评表', target: '含义', also: '另见', notice: '页面套文', across: '跨年度', form1: '本表',
        keys: '键盘', allYears: '各年度', notPrinted: '未列', yearMissing: '年度不明', more: '更多', emptyValue: '不能为空',
    },
    en: {
        form: 'Form', years: 'Years', source: 'Source', facts: 'Facts', findings: 'Findings', rows: 'Rows', text: 'Text', help: 'Help',
        search: 'Filter facts and findings', all: 'All', review: 'To review', save: 'Save corrections', saved: 'saved', language: '中文',
        error: 'Error', warning: 'Warning', info: 'Info', rule: 'Rule', anyRule: 'Every rule', severity: 'Severity',
        printed: 'As printed', label: 'Label', unit: 'Unit', place: 'Place', bytes: 'Bytes', grammar: 'Rule', by: 'How', path: 'Path',
        line: 'line $', lineColumn: 'line $, column $', accept: 'Accept', edit: 'Correct', undo: 'Undo', cancel: 'Cancel', keep: 'Keep',
        note: 'Note', who: 'Reviewer', value: 'Value', accepted: 'accepted', corrected: 'corrected', was: 'was', blank: 'left blank',
        noFindings: 'No findings', noFacts: 'Nothing fits', noForm: 'No declaration was found in this document', counted: '$ of $', sides: 'Sides',
        filled: 'filled from a merged cell', shifted: 'moved back from another column', joined: 'joined where it was broken',
        reviewed: 'corrected by a reviewer', residue: 'Text that no rule knows', 'by corrected': 'a misreading put right', difference: 'Difference',
        printedIn: 'As it should be printed, in $', close: 'Close', legendValue: 'value', legendLabel: 'label', legendResidue: 'not read',
        legendFinding: 'finding', coverage: '$ read', declarations: '$ declarations', year: '$', project: 'Project', money: 'Money (万元)', logarithmic: 'logarithmic scale',
        targets: 'Targets', moneyChart: 'Money', noYears: 'No project has forms of several years here', indicator: 'Indicator', openForm: 'Open the form',
        toReview: '$ to review', reviewDone: 'all reviewed', nothing: 'No corrections yet. Choose a value; a accepts it, e corrects it.',
        document: 'Document', kind: 'Kind',
        saveHelp: 'Replay the file with shenbao extract --corrections. It is tied to the SHA-256 and the bytes of the document.',
        download: 'Download', inSource: 'Show source', inFacts: 'Show fact', declaration: 'declaration', evaluation: 'self-evaluation',
        target: 'Meaning', also: 'Also', notice: 'page furniture', across: 'across years', form1: 'this form', keys: 'Keys', allYears: 'All years',
        notPrinted: 'not stated', yearMissing: 'year unknown', more: 'more', emptyValue: 'cannot be empty',
    },
};
const keysHelp = [
    ['n p', '下一处、上一处待核对', 'next, previous thing to review'],
    ['j k', '下一个、上一个值', 'next, previous value'],
    ['a', '认可所选的值', 'accept the chosen value'],
    ['e', '更正所选的值', 'correct the chosen value'],
    ['u', '撤销认可或更正', 'take that back'],
    ['/', '筛选', 'filter'],
    ['1 2', '内容、问题', 'facts, findings'],
    ['t', '表格与文本互换', 'rows or text'],
    ['Esc', '取消选择', 'choose nothing'],
    ['?', '帮助', 'help'],
];
const names = {
    header: '表头', narrative: '文字说明', funding: '项目资金', indicators: '绩效指标', budget: '预算明细', safeguards: '制度保障', fields: '其他填报项',
    parts: '表单组成', residue: '未识读', 'fiscal-year': '年度', 'reporting-unit': '填报单位', 'currency-unit': '金额单位', 'project-name': '项目名称',
    'project-code': '项目编码', 'project-nature': '项目性质', 'project-category': '项目类别', 'competent-department': '主管部门',
    'department-code': '部门代码', 'implementing-unit': '实施单位', 'government-procurement': '政府采购', 'procurement-method': '采购方式',
    'project-leader': '项目负责人', contact: '联系人', phone: '联系电话', 'start-date': '开始日期', 'end-date': '结束日期',
    'organization-code': '组织机构代码', address: '地址', 'legal-representative': '法人代表', 'funding-source': '经费来源', 'unit-head': '单位负责人',
    preparer: '填表人', 'prepared-on': '填报日期', overview: '项目概况', composition: '项目构成', basis: '立项依据', necessity: '必要性',
    feasibility: '可行性', resources: '资源投入和制度建设', content: '实施内容', schedule: '实施计划', outcome: '实施成效', 'overall-goal': '总目标',
    'midterm-goal': '中期目标', 'annual-goal': '年度目标', 'other-notes': '其他说明', 'safeguard-notes': '保障措施', 'budget-notes': '预算说明',
    amount: '金额', level1: '一级指标', level2: '二级指标', name: '名称', target: '指标值', description: '说明', standard: '绩效标准', weight: '权重',
    direction: '方向', actual: '实际完成值', score: '得分', deviation: '偏差原因', detail: '明细', 'unit-price': '单价', 'price-basis': '单价依据',
    quantity: '数量', 'quantity-basis': '数量依据', 'previous-amount': '上年金额', remark: '备注', total: '合计', 'previous-total': '上年合计',
    system: '制度', safeguard: '保障', part: '部分', option: '选项', document: '文件', measure: '措施', phase: '阶段', field: '填报项', title: '标题', text: '文字', indicator: '指标', line: '明细行',
    project: '项目', midterm: '中期', annual: '年度', previous: '上年', fiscal: '财政拨款', central: '中央', provincial: '省级', municipal: '市级',
    county: '县级', superior: '上级', local: '本级', subordinate: '下级', 'carry-over': '上年结转', own: '自有资金', 'general-budget': '一般公共预算',
    'government-fund': '政府性基金', 'state-capital': '国有资本', 'business-income': '事业收入', 'operating-income': '经营收入', other: '其他资金',
    budgeted: '年初预算', adjusted: '全年预算', executed: '全年执行',
};
const englishNames = { level1: 'level 1', level2: 'level 2', 'total': 'total' };
const signs = { eq: '=', ge: '≥', le: '≤', gt: '>', lt: '<' };
let language = (navigator.language || 'zh').toLowerCase().startsWith('zh') ? 'zh' : 'en';

function say(key, ...parts) {
    let text = words[language][key] || words.en[key] || key;
    for (const part of parts)
        text = text.replace('$', () => part);
    return text;
}
function nameOf(name) {
    return language === 'zh' ? names[name] || names.field : englishNames[name] || name.replace(/-/g, ' ');
}
function ruleTitle(rule) {
    const title = Object.hasOwn(data.checks, rule) ? data.checks[rule] : null;
    return title ? title[language === 'zh' ? 0 : 1] : rule;
}
function messageOf(finding) {
    if (finding.en)
        return language === 'zh' ? finding.zh : finding.en;
    const split = /^([\s\S]*?) \(([\s\S]*)\)$/.exec(finding.zh); /* both in one */
    return split ? split[language === 'zh' ? 1 : 2] : finding.zh;
}

const messagesOf = list => list.slice(0, 8).map(messageOf).join('\n') + (list.length > 8 ? '\n…' : '');

/* ---- elements ---- */

function element(what, attributes, ...children) {
    const [tag, ...classes] = what.split('.');
    const made = document.createElement(tag || 'div');
    if (classes.length)
        made.className = classes.join(' ');
    for (const key in attributes || {}) {
        const value = attributes[key];
        if (key.startsWith('on'))
            made.addEventListener(key.slice(2), value);
        else if (value === true)
            made.setAttribute(key, '');
        else if (value !== false && value !== null && value !== undefined)
            made.setAttribute(key, value);
    }
    add(made, children);
    return made;
}
function add(parent, children) {
    for (const child of children)
        if (Array.isArray(child))
            add(parent, child);
        else if (child !== null && child !== undefined && child !== false)
            parent.append(child);
}
function drawing(tag, attributes, ...children) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const key in attributes)
        made.setAttribute(key, attributes[key]);
    add(made, children);
    return made;
}
const byId = id => document.getElementById(id);

/* ---- the model ---- */

const facts = [];        /* all of them, by id */
const findings = [];
const VALUE = 1, LABEL = 2, RESIDUE = 4, ERROR = 8, WARNING = 16, INFO = 32;
const severities = ['error', 'warning', 'info'];
const severityMark = { error: ERROR, warning: WARNING, info: INFO };
const BUCKET = 512, LONG = 64 * BUCKET;

/* Ranges of the text with what they are, and quickly those at a place. */
class Marks {
    constructor() {
        this.ranges = new Map();
        this.buckets = new Map();
        this.long = [];
    }
    add(from, to, kind, fact, finding) {
        if (!(from < to))
            return;
        const key = from * 0x8000000 + to;
        let range = this.ranges.get(key);
        if (!range) {
            range = { from, to, kind: 0, values: [], labels: [], findings: [] };
            this.ranges.set(key, range);
            if (to - from > LONG)
                this.long.push(range);
            else
                for (let b = Math.floor(from / BUCKET); b * BUCKET < to; b++) {
                    const bucket = this.buckets.get(b);
                    if (bucket)
                        bucket.push(range);
                    else
                        this.buckets.set(b, [range]);
                }
        }
        range.kind |= kind;
        if (finding)
            range.findings.push(finding);
        else if (fact)
            (kind & LABEL ? range.labels : range.values).push(fact);
    }
    within(from, to) {
        const found = this.long.filter(range => range.from < to && range.to > from);
        for (let b = Math.floor(from / BUCKET); b * BUCKET < to; b++)
            for (const range of this.buckets.get(b) || [])
                if (range.from < to && range.to > from && (b === Math.floor(from / BUCKET) || Math.floor(range.from / BUCKET) === b))
                    found.push(range);
        return found;
    }
}

const groupNames = new Set(['indicator', 'line', 'safeguard', 'part']);

function makeFact(declaration, block, node, path) {
    const fact = {
        id: facts.length, declaration, block, name: node.n, path, value: node.v === undefined ? null : node.v, attributes: node.a || {},
        spans: node.s || [], bytes: node.y || [], also: node.o || [], mark: node.m || [], label: node.l || null, labelSpan: node.g || [],
        raw: node.r === undefined ? null : node.r, rule: node.u || '', by: node.w || '', findings: [], item: -1,
    };
    facts.push(fact);
    declaration.facts.push(fact);
    declaration.byPath.set(path, fact);
    return fact;
}
function childPaths(node, path) {
    const seen = {};
    return (node.c || []).map(child => {
        seen[child.n] = (seen[child.n] || 0) + 1;
        return path + '/' + child.n + (seen[child.n] > 1 ? '[' + seen[child.n] + ']' : '');
    });
}
function leaves(declaration, block, node, path, into) {
    const paths = childPaths(node, path);
    if (node.s || node.l || !node.c)
        into.push(makeFact(declaration, block, node, path));
    (node.c || []).forEach((child, i) => leaves(declaration, block, child, paths[i], into));
}

/* What stands one below the other in the list of facts. */
function itemsOf(declaration, block) {
    const items = [], paths = childPaths(block, block.n);
    const numbers = {};
    if (!block.c) {
        const into = [];
        leaves(declaration, block.n, block, block.n, into);
        return into.map(fact => ({ type: 'fact', block: block.n, facts: [fact] }));
    }
    block.c.forEach((child, i) => {
        const into = [];
        leaves(declaration, block.n, child, paths[i], into);
        declaration.containers.set(paths[i], into);
        if (!into.length)
            return;
        const type = !child.c || child.n === 'part' ? 'fact' : child.c.every(option => option.n === 'option') ? 'options' : 'group';
        numbers[child.n] = (numbers[child.n] || 0) + 1;
        items.push({ type, block: block.n, name: child.n, number: numbers[child.n], facts: into, attributes: child.a || {} });
    });
    return items;
}

function makeDeclaration(doc, raw) {
    const declaration = {
        doc, raw, id: raw ? raw.id : '', facts: [], items: [], byPath: new Map(), containers: new Map(), findings: [],
        kind: raw ? raw.kind : '', coverage: raw ? raw.coverage : '',
    };
    for (const block of raw ? raw.blocks : [])
        declaration.items = declaration.items.concat(itemsOf(declaration, block));
    const rest = (raw ? raw.residue : []).concat(doc.declarations.length ? [] : doc.raw.residue);
    rest.forEach((node, i) => {
        const fact = makeFact(declaration, 'residue', node, 'residue/text[' + (i + 1) + ']');
        declaration.items.push({ type: 'fact', block: 'residue', name: 'text', facts: [fact], attributes: {} });
    });
    declaration.items.forEach((item, i) => item.facts.forEach(fact => { fact.item = i; }));
    return declaration;
}

const documents = data.documents.map((raw, index) => {
    const doc = { raw, index, declarations: [], marks: new Marks(), text: raw.text };
    for (const declaration of raw.declarations)
        doc.declarations.push(makeDeclaration(doc, declaration));
    if (!doc.declarations.length)
        doc.declarations.push(makeDeclaration(doc, null));
    return doc;
});
const declarations = documents.flatMap(doc => doc.declarations);

function headerOf(declaration, name) {
    const fact = declaration.byPath.get('header/' + name);
    return fact && fact.value || '';
}
function titleOf(declaration) {
    const year = headerOf(declaration, 'fiscal-year'), name = headerOf(declaration, 'project-name');
    return (name || fileName(declaration.doc.raw.path)) + (year ? '（' + year + '）' : '');
}
const fileName = path => path.slice(path.lastIndexOf('/') + 1);

/* Findings: each with its sides as facts or as ranges of text. */
function sideOf(raw) {
    const doc = documents[raw.d];
    if (!doc)
        return null;
    const declaration = doc.declarations.find(one => one.id === raw.f) || doc.declarations[0];
    let fact = null;
    if (raw.p)
        fact = declaration.byPath.get(raw.p) || (declaration.containers.get(raw.p) || []).find(one => one.name === 'name' || one.value) || null;
    let spans = raw.s || (fact ? fact.spans.length ? fact.spans : fact.labelSpan : []);
    if (!fact && spans.length)
        fact = factAt(declaration, spans[0], spans[1]);
    return { declaration, fact, spans };
}
function factAt(declaration, from, to) {
    let best = null;
    for (const range of declaration.doc.marks.within(from, to))
        for (const fact of range.values)
            if (fact.declaration === declaration && (!best || Math.abs(fact.spans[0] - from) < Math.abs(best.spans[0] - from)))
                best = fact;
    return best;
}
function addFinding(raw, isAcross) {
    const finding = {
        id: findings.length, rule: raw.k, severity: severities.includes(raw.e) ? raw.e : 'info', zh: raw.zh, en: raw.en, difference: raw.x,
        sides: raw.t.map(sideOf).filter(side => side), isAcross,
    };
    findings.push(finding);
    const seen = new Set();
    for (const side of finding.sides) {
        if (!seen.has(side.declaration))
            side.declaration.findings.push(finding);
        seen.add(side.declaration);
        if (side.fact && !side.fact.findings.includes(finding))
            side.fact.findings.push(finding);
        for (let i = 0; i < side.spans.length; i += 2)
            side.declaration.doc.marks.add(side.spans[i], side.spans[i + 1], severityMark[finding.severity], null, finding);
    }
}
function markFacts() {
    for (const fact of facts) {
        const marks = fact.declaration.doc.marks, kind = fact.block === 'residue' ? RESIDUE : VALUE;
        for (const list of [fact.spans, fact.also, fact.mark])
            for (let i = 0; i < list.length; i += 2)
                marks.add(list[i], list[i + 1], kind, fact, null);
        if (fact.labelSpan.length)
            marks.add(fact.labelSpan[0], fact.labelSpan[1], LABEL, fact, null);
    }
    for (const doc of documents) {
        for (const row of doc.raw.rows)
            for (const cell of row[5])
                if (cell[6] > cell[5])
                    doc.marks.add(cell[5], cell[6], LABEL, null, null);
        for (const node of doc.raw.declarations.length ? doc.raw.residue : [])
            for (let i = 0; i < (node.s || []).length; i += 2)
                doc.marks.add(node.s[i], node.s[i + 1], RESIDUE, null, null);
    }
}
markFacts();
for (const doc of documents) {
    for (const declaration of doc.raw.declarations)
        declaration.findings.forEach(finding => addFinding(finding, false));
    doc.raw.findings.forEach(finding => addFinding(finding, false));
}
data.findings.forEach(finding => addFinding(finding, true));
for (const declaration of declarations)
    declaration.findings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || a.id - b.id);

/* Lines of a text: where each begins. */
function linesOf(doc) {
    if (doc.lines)
        return doc.lines;
    const lines = [0], ends = /\r\n|\n|\r/g;
    while (ends.exec(doc.text))
        lines.push(ends.lastIndex);
    return doc.lines = lines;
}
function lineAt(doc, offset) {
    const lines = linesOf(doc);
    let low = 0, high = lines.length;
    while (high - low > 1) {
        const middle = low + high >> 1;
        if (lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}
const placeOf = (doc, offset) => {
    const line = lineAt(doc, offset);
    return [line + 1, Array.from(doc.text.slice(linesOf(doc)[line], offset)).length + 1];
};

/* ---- corrections ---- */

const corrections = new Map(); /* by fact id */
let unsaved = false;

function remember(doc) {
    const list = [];
    for (const [id, correction] of corrections)
        if (facts[id].declaration.doc === doc)
            list.push(correctionOf(facts[id], correction));
    try {
        if (list.length)
            localStorage.setItem('shenbao:' + doc.raw.sha256, JSON.stringify(list));
        else
            localStorage.removeItem('shenbao:' + doc.raw.sha256);
    } catch (trouble) { /* a page from disk may have no storage */ }
}
function correctionOf(fact, correction) {
    const bytes = [];
    for (let i = 0; i < fact.bytes.length; i += 2)
        bytes.push([fact.bytes[i], fact.bytes[i + 1]]);
    const entry = { declaration: fact.declaration.id, path: fact.path, rule: fact.rule, bytes, was: fact.value };
    if (correction.state === 'corrected')
        entry.value = correction.value;
    return Object.assign(entry, { state: correction.state, note: correction.note || '', when: correction.when, who: correction.who || '' });
}
function recall() {
    for (const doc of documents) {
        let list = doc.raw.corrections || [];
        try {
            const stored = JSON.parse(localStorage.getItem('shenbao:' + doc.raw.sha256) || '[]');
            list = list.concat(Array.isArray(stored) ? stored : []);
        } catch (trouble) { /* none */ }
        for (const entry of list) {
            const declaration = doc.declarations.find(one => one.id === entry.declaration);
            const fact = declaration && declaration.byPath.get(entry.path);
            if (fact && fact.value === entry.was && (entry.state === 'accepted' || typeof entry.value === 'string'))
                corrections.set(fact.id, { state: entry.state, value: entry.value, note: entry.note, when: entry.when, who: entry.who });
        }
    }
}
recall();
const canReview = fact => fact && fact.value !== null && fact.bytes.length > 0 && fact.block !== 'residue' && fact.declaration.id;

function correctionsFile(who) {
    const sources = [];
    for (const doc of documents) {
        const list = [];
        for (const [id, correction] of corrections)
            if (facts[id].declaration.doc === doc)
                list.push([id, correctionOf(facts[id], Object.assign({}, correction, { who: correction.who || who }))]);
        list.sort((a, b) => a[0] - b[0]);
        if (list.length)
            sources.push({ path: doc.raw.path, sha256: doc.raw.sha256, corrections: list.map(pair => pair[1]) });
    }
    return JSON.stringify({ format: 'shenbao-corrections', version: 1, generator: data.generator, sources }, null, 2) + '\n';
}

/* ---- what is shown ---- */

const state = {
    view: 'form', declaration: declarations[0], mode: 'rows', tab: 'facts', block: '', severity: new Set(severities), rule: '', query: '',
    pane: 'facts', pinned: null, pinnedFinding: null, isEditing: false, onlyReview: false, project: 0,
};

/* A long list, of which only what is near is made. Chunks know their items. */
class Chunks {
    constructor(scroller, className) {
        this.scroller = scroller;
        this.className = className;
        this.chunks = [];
        this.observer = new IntersectionObserver(entries => {
            for (const entry of entries)
                if (entry.isIntersecting)
                    this.fill(entry.target.chunk);
        }, { root: scroller, rootMargin: '800px 0px' });
    }
    show(items, make, height, size, index) {
        this.observer.disconnect();
        this.chunks = [];
        this.make = make;
        const all = document.createDocumentFragment();
        for (let i = 0; i < items.length; i += size) {
            const chunk = { items: items.slice(i, i + size), first: i, isFilled: false };
            chunk.element = element(this.className);
            chunk.element.chunk = chunk;
            const sum = chunk.items.reduce((total, item) => total + height(item), 0);
            chunk.element.style.setProperty('height', sum + 'px');
            chunk.element.style.setProperty('contain-intrinsic-size', 'auto ' + sum + 'px');
            this.chunks.push(chunk);
            all.append(chunk.element);
        }
        this.size = size;
        this.scroller.replaceChildren(all);
        this.fill(this.chunks[Math.floor((index || 0) / size)]);
        for (const chunk of this.chunks)
            if (!chunk.isFilled)
                this.observer.observe(chunk.element);
    }
    fill(chunk) {
        if (!chunk || chunk.isFilled)
            return;
        chunk.isFilled = true;
        chunk.element.style.removeProperty('height');
        const made = chunk.elements = chunk.items.map((item, i) => this.make(item, chunk.first + i));
        chunk.element.append(...made);
        this.observer.unobserve(chunk.element);
    }
    fillAll() {
        this.chunks.forEach(chunk => this.fill(chunk));
    }
    at(index) {
        const chunk = this.chunks[Math.floor(index / this.size)];
        if (!chunk)
            return null;
        this.fill(chunk);
        return chunk.elements[index - chunk.first];
    }
    remake(index) {
        const chunk = this.chunks[Math.floor(index / this.size)];
        if (!chunk || !chunk.isFilled)
            return;
        const old = chunk.elements[index - chunk.first], made = this.make(chunk.items[index - chunk.first], index);
        old.replaceWith(made);
        chunk.elements[index - chunk.first] = made;
    }
}

function scrollTo(scroller, target) {
    if (!target)
        return;
    const place = () => {
        const box = target.getBoundingClientRect(), frame = scroller.getBoundingClientRect();
        if (box.top < frame.top + 24 || box.bottom > frame.bottom - 24)
            scroller.scrollTop += box.top - frame.top - Math.max(24, (frame.height - box.height) / 3);
    };
    place();
    requestAnimationFrame(() => { place(); requestAnimationFrame(place); });
}

/* ---- the source ---- */

let sourceList, sourceRows;

function severityClass(kind) {
    return kind & ERROR ? 'error' : kind & WARNING ? 'warning' : kind & INFO ? 'info' : '';
}

/* Appends [from, to) of the text to an element, parted where anything begins or ends. */
function paint(doc, parent, from, to, instead) {
    const ranges = doc.marks.within(from, to);
    const put = (start, end) => {
        const text = instead === undefined ? doc.text.slice(start, end) : instead;
        let kind = 0;
        for (const range of ranges)
            if (range.from <= start && range.to >= end)
                kind |= range.kind;
        if (!kind) {
            parent.append(text);
            return;
        }
        const span = document.createElement('span');
        let name = kind & VALUE ? 'v' : kind & LABEL ? 'l' : kind & RESIDUE ? 'r' : 'x';
        const severity = severityClass(kind);
        if (severity)
            name += ' f ' + severity;
        span.className = name;
        span.dataset.from = start;
        span.dataset.to = end;
        span.textContent = text;
        parent.append(span);
    };
    if (instead !== undefined || !ranges.length) {
        put(from, to);
        return;
    }
    const cuts = new Set([from, to]);
    for (const range of ranges) {
        if (range.from > from)
            cuts.add(range.from);
        if (range.to < to)
            cuts.add(range.to);
    }
    const sorted = [...cuts].sort((a, b) => a - b);
    for (let i = 0; i + 1 < sorted.length; i++)
        put(sorted[i], sorted[i + 1]);
}

function paintCell(doc, cell) {
    const made = element('span.c' + (cell[4] ? '.covered' : ''), { role: 'cell' });
    const runs = cell[7];
    if (!runs)
        paint(doc, made, cell[0], cell[1]);
    for (let i = 0; runs && i < runs.length; i += 3)
        paint(doc, made, runs[i], runs[i + 1], runs[i + 2] === 0 ? undefined : runs[i + 2]);
    return made;
}

/* Rows that stand together and have the same columns share the widths of these. */
function layRows(doc) {
    const rows = doc.raw.rows.map(raw => {
        let columns = 0, from = Infinity, to = 0;
        const isTable = raw[0] === 2; /* elsewhere a blank at the end is no column */
        for (const cell of raw[5]) {
            if (isTable || cell[1] > cell[0])
                columns = Math.max(columns, cell[2] + cell[3]);
            from = Math.min(from, cell[0]);
            to = Math.max(to, cell[1]);
        }
        const isFlat = raw[0] === 0 && columns > 1; /* a line, parted by its labels */
        return { raw, columns: isFlat ? 1 : columns, isFlat, from, to, template: '', length: to - from };
    });
    for (let i = 0; i < rows.length;) {
        let end = i + 1;
        while (end < rows.length && rows[end].raw[1] === rows[i].raw[1] && rows[end].columns === rows[i].columns)
            end++;
        const columns = rows[i].columns;
        if (columns > 1) {
            const weights = new Array(Math.min(columns, 40)).fill(0), least = weights.slice();
            for (let r = i; r < Math.min(end, i + 400); r++)
                for (const cell of rows[r].raw[5])
                    if (cell[3] === 1 && cell[2] < weights.length) {
                        const text = doc.text.slice(cell[0], Math.min(cell[1], cell[0] + 80));
                        weights[cell[2]] = Math.max(weights[cell[2]], Math.min(text.length, 26));
                        if (!cell[7]) /* figures stay in one piece */
                            for (const figure of text.match(/[0-9][0-9.,%]*/g) || [])
                                least[cell[2]] = Math.max(least[cell[2]], Math.min(figure.length, 14));
                    }
            /* what a phone has no room for stands one below the other there */
            const needed = weights.reduce((sum, weight, c) => sum + Math.max(least[c] ? least[c] * 7.2 + 17 : 0, (Math.min(weight, 3) + 1.2) * 13), 0);
            const isWide = columns > 6 || needed > 340 || columns > 3 && weights.reduce((sum, weight) => sum + weight, 0) > 56;
            const tight = least.reduce((sum, length) => sum + length, 0) > 60;
            const template = weights.map((weight, c) => {
                const share = 'min(' + (Math.min(weight, 3) + 1.2) + 'em, calc(100% / ' + weights.length + '))';
                const narrowest = least[c] && !tight ? 'max(' + share + ', calc(' + (least[c] + .5) + 'ch + 17px))' : share;
                return 'minmax(' + narrowest + ', ' + Math.max(4, weight + 2) + 'fr)';
            }).join(' ');
            for (let r = i; r < end; r++) {
                rows[r].template = template;
                rows[r].isWide = isWide;
            }
        }
        i = end;
    }
    return rows;
}

/* What a cell is, where its label stands elsewhere: the head of its column. */
function columnOf(doc, cell) {
    for (const range of doc.marks.within(cell[0], cell[1]))
        for (const fact of range.from >= cell[0] && range.to <= cell[1] ? range.values : [])
            if (fact.block !== 'residue' && !(fact.labelSpan.length && fact.labelSpan[0] >= cell[0] && fact.labelSpan[1] <= cell[1]))
                return factName(fact);
    return '';
}

function makeRow(row) {
    const doc = state.declaration.doc, [kind, table, level, line, isNotice, cells] = row.raw;
    const made = element('div.row' + (kind === 0 ? '.line' : '.cells') + (row.columns > 8 ? '.dense' : '') + (row.isWide ? '.wide' : '') + (level ? '.heading' : '') + (isNotice ? '.notice' : ''), { role: 'row' });
    made.append(element('span.n', { 'aria-hidden': 'true' }, String(line)));
    const body = element('span.b');
    if (row.template)
        body.style.setProperty('grid-template-columns', row.template);
    cells.forEach((cell, i) => {
        if (row.template ? cell[2] >= row.columns : cell[0] === cell[1])
            return;
        const box = paintCell(doc, cell);
        if (row.template) {
            const isLast = i === cells.length - 1 || cells[i + 1][2] >= row.columns, from = Math.min(cell[2], 39) + 1;
            const to = isLast ? Math.max(from + 1, Math.min(row.columns, 40) + 1) : Math.min(from + cell[3], 41);
            box.style.setProperty('grid-column', from + ' / ' + to);
            if (row.isWide)
                box.dataset.label = columnOf(doc, cell);
        }
        body.append(box);
    });
    made.append(body);
    return made;
}

const PIECE = 1500; /* characters of a line that are drawn in one go */

function textLines(doc) {
    const lines = linesOf(doc), made = [];
    for (let i = 0; i < lines.length; i++) {
        const end = i + 1 < lines.length ? lines[i + 1] : doc.text.length;
        let from = lines[i];
        do {
            let to = Math.min(end, from + PIECE);
            if (to < end && (doc.text.charCodeAt(to) & 0xfc00) === 0xdc00)
                to++;
            made.push({ line: i + 1, isFirst: from === lines[i], from, to, length: to - from });
            from = to;
        } while (from < end);
    }
    return made;
}
function makeLine(line) {
    const doc = state.declaration.doc;
    const made = element('div.row.line.raw', null, element('span.n', { 'aria-hidden': 'true' }, line.isFirst ? String(line.line) : '·'));
    const body = element('span.b');
    let to = line.to;
    while (to > line.from && /[\r\n]/.test(doc.text[to - 1]))
        to--;
    paint(doc, body, line.from, to);
    made.append(body);
    return made;
}

function showSource(offset) {
    const doc = state.declaration.doc;
    const width = Math.max(20, sourceList.scroller.clientWidth / 15);
    if (state.mode === 'rows') {
        sourceRows = doc.layout || (doc.layout = layRows(doc));
        sourceList.show(sourceRows, makeRow, row => 12 + 20 * Math.max(1, Math.ceil(row.length / width)), 20, offset ? rowAt(offset) : 0);
    } else {
        sourceRows = doc.textRows || (doc.textRows = textLines(doc));
        sourceList.show(sourceRows, makeLine, row => 22 * Math.max(1, Math.ceil(row.length / width)), 20, offset ? rowAt(offset) : 0);
    }
    sourceList.scroller.dataset.mode = state.mode;
    state.shownDocument = doc;
}

/* Row of an offset: rows are nearly in order, cells of a row not always. */
function rowAt(offset) {
    let low = 0, high = sourceRows.length;
    while (low < high) {
        const middle = low + high >> 1;
        if (sourceRows[middle].from <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    for (let i = low - 1; i >= 0 && i >= low - 200; i--)
        if (sourceRows[i].to > offset)
            return i;
    return Math.max(0, low - 1);
}

/* ---- light ---- */

const lit = { source: [], facts: [] };

function segmentsOf(ranges) {
    const found = [];
    for (const chunk of sourceList.chunks) {
        if (!chunk.isFilled)
            continue;
        if (chunk.from === undefined) {
            chunk.from = Math.min(...chunk.items.map(item => item.from));
            chunk.to = Math.max(...chunk.items.map(item => item.to));
        }
        const inside = ranges.filter(range => range.from < chunk.to && range.to > chunk.from);
        if (!inside.length)
            continue;
        for (const segment of chunk.element.querySelectorAll('[data-from]')) {
            const from = +segment.dataset.from, to = +segment.dataset.to;
            for (const range of inside)
                if (from < range.to && to > range.from)
                    found.push([segment, range.role]);
        }
    }
    return found;
}
function rangesOf(fact) {
    const ranges = [], put = (list, role) => {
        for (let i = 0; i < list.length; i += 2)
            ranges.push({ from: list[i], to: list[i + 1], role });
    };
    put(fact.spans, 'value');
    put(fact.mark, 'value');
    put(fact.also, 'also');
    put(fact.labelSpan, 'label');
    return ranges;
}
function extinguish() {
    for (const [one, name] of lit.source)
        one.classList.remove(name);
    for (const [one, name] of lit.facts)
        one.classList.remove(name);
    lit.source = [];
    lit.facts = [];
}
function light(list, one, name) {
    one.classList.add(name);
    list.push([one, name]);
}
/* Lights what is pointed at, and always what is pinned. */
function illuminate(hot, hotRanges) {
    extinguish();
    const doc = state.declaration.doc;
    const show = (fact, ranges, prefix) => {
        if (ranges.length)
            for (const [segment, role] of segmentsOf(ranges))
                light(lit.source, segment, prefix + '-' + role);
        if (fact)
            for (const one of factElements(fact))
                light(lit.facts, one, prefix);
    };
    if (state.pinned && state.pinned.declaration.doc === doc)
        show(state.pinned, rangesOf(state.pinned), 'pin');
    if (state.pinnedFinding)
        for (const side of state.pinnedFinding.sides)
            if (side.declaration.doc === doc) {
                const ranges = [];
                for (let i = 0; i < side.spans.length; i += 2)
                    ranges.push({ from: side.spans[i], to: side.spans[i + 1], role: 'value' });
                show(side.fact, ranges, 'pin');
            }
    for (const fact of hot || [])
        show(fact, rangesOf(fact), 'hot');
    if (hotRanges && hotRanges.length)
        show(null, hotRanges, 'hot');
}
const factElements = fact => fact && state.tab === 'facts' ? byId('facts').querySelectorAll('[data-fact="' + fact.id + '"]') : [];

function factsAt(from, to) {
    const values = [], labels = [], found = [];
    for (const range of state.declaration.doc.marks.within(from, to))
        if (range.from <= from && range.to >= to) {
            for (const [list, more] of [[values, range.values], [labels, range.labels], [found, range.findings]])
                for (let i = 0; i < more.length && list.length < 1000; i++)
                    list.push(more[i]);
        }
    const here = list => list.filter(fact => fact.declaration === state.declaration);
    const own = here(values).length ? here(values) : values.length ? values : here(labels).length ? here(labels) : labels;
    return { facts: own.slice(0, 400), findings: found };
}

/* ---- facts ---- */

let factList, factItems, findingList, shownFindings;

function grouped(number) {
    return number.replace(/^(-?\d+)/, digits => digits.replace(/\B(?=(\d{3})+$)/g, ','));
}
function meaning(fact) {
    const { kind, op, value, unit } = fact.attributes;
    if (!kind || value === undefined)
        return '';
    return (signs[op] || '') + ' ' + grouped(value) + (unit ? ' ' + unit : '');
}
function isMoney(fact) {
    return fact.attributes['unit-from'] !== undefined;
}
function factName(fact) {
    if (fact.name === 'amount' && fact.block === 'funding') {
        const { scope, source, stage } = fact.attributes;
        return [scope, source === 'total' ? 'total' : source, stage].filter(part => part).map(nameOf).join(language === 'zh' ? '' : ' ');
    }
    if (fact.name === 'field')
        return fact.attributes.label || fact.label || nameOf('field');
    if (fact.name === 'option') { /* a box belongs to what it answers */
        const steps = fact.path.split('/');
        return fact.label || nameOf(steps[steps.length - 2].replace(/\[\d+\]$/, ''));
    }
    return nameOf(fact.name);
}
function shownValue(fact) {
    if (fact.value === null)
        return element('span.blank', null, say('blank'));
    if (fact.name === 'government-procurement' && (fact.value === 'true' || fact.value === 'false') && fact.raw)
        return fact.raw;
    if (isMoney(fact))
        return [grouped(fact.value), element('span.unit', null, ' 元')];
    return fact.value;
}
function valueOf(fact) {
    const correction = corrections.get(fact.id);
    if (correction && correction.state === 'corrected')
        return [element('span.new', null, correction.value), ' ', element('s.old', null, fact.raw === null ? fact.value : fact.raw)];
    return shownValue(fact);
}
function worst(list) {
    let best = '';
    for (const finding of list)
        if (!best || severities.indexOf(finding.severity) < severities.indexOf(best))
            best = finding.severity;
    return best;
}
function tags(fact) {
    const correction = corrections.get(fact.id), made = [];
    const severity = worst(fact.findings);
    if (severity)
        made.push(element('span.dot.' + severity, { title: messagesOf(fact.findings), 'aria-label': say(severity) }));
    if (correction)
        made.push(element('span.tag.' + correction.state, null, correction.state === 'accepted' ? '✓' : '✎'));
    return made;
}
const byText = fact => fact.by.split(' ').map(word => word === 'corrected' ? say('by corrected') : say(word)).join('，');

function printed(fact) {
    if (fact.value === null)
        return '';
    if (fact.raw !== null)
        return fact.raw + (isMoney(fact) && !fact.raw.includes('元') && !/万\s*$/.test(fact.raw) ? ' ' + (fact.attributes.unit || '') : '');
    return isMoney(fact) ? fact.value + ' ' + (fact.attributes.unit || '') : '';
}
function underneath(fact) {
    const parts = [];
    if (printed(fact) && fact.name !== 'government-procurement')
        parts.push(element('span', { title: say('printed') }, '“' + (printed(fact).length > 120 ? printed(fact).slice(0, 120) + '…' : printed(fact)) + '”'));
    if (fact.by)
        parts.push(element('span.by', null, byText(fact)));
    return parts.length ? element('span.under', null, parts) : null;
}

function details(fact) {
    const doc = fact.declaration.doc, rows = [];
    const put = (key, value) => {
        if (value)
            rows.push(element('dt', null, say(key)), element('dd', null, value));
    };
    put('printed', fact.value !== null ? printed(fact) || fact.value : '');
    put('label', fact.label);
    put('target', meaning(fact));
    put('unit', fact.attributes.unit);
    if (fact.spans.length) {
        const [line, column] = placeOf(doc, fact.spans[0]);
        put('place', say('lineColumn', line, column));
    }
    const bytes = [];
    for (let i = 0; i < fact.bytes.length; i += 2)
        bytes.push(fact.bytes[i] + '–' + fact.bytes[i + 1]);
    put('bytes', bytes.slice(0, 6).join(', ') + (bytes.length > 6 ? ' …' : ''));
    put('by', fact.by && byText(fact));
    put('grammar', fact.rule);
    const box = element('div.details', null, element('dl', null, rows));
    for (const finding of fact.findings.slice(0, 20))
        box.append(element('button.inline.' + finding.severity, { type: 'button', onclick: () => pinFinding(finding) },
            !messageOf(finding).startsWith(ruleTitle(finding.rule)) && element('b', null, ruleTitle(finding.rule) + ' '), messageOf(finding)));
    if (canReview(fact))
        box.append(state.isEditing ? editor(fact) : element('div.actions', null,
            element('button', { type: 'button', 'data-do': 'accept', onclick: () => accept(fact) }, say('accept'), element('kbd', null, 'a')),
            element('button', { type: 'button', 'data-do': 'edit', onclick: () => edit(fact) }, say('edit'), element('kbd', null, 'e')),
            corrections.has(fact.id) && element('button', { type: 'button', 'data-do': 'undo', onclick: () => takeBack(fact) }, say('undo'), element('kbd', null, 'u'))));
    return box;
}
function editor(fact) {
    const before = corrections.get(fact.id) || {};
    const text = before.state === 'corrected' ? before.value : fact.raw !== null && (isMoney(fact) || fact.spans.length === 2) ? fact.raw : fact.value;
    const isLong = text.length > 60 || text.includes('\n');
    const field = element(isLong ? 'textarea' : 'input', { name: 'value', 'aria-label': say('value'), rows: isLong ? 5 : null, spellcheck: 'false' });
    field.value = text;
    const note = element('input', { name: 'note', placeholder: say('note'), 'aria-label': say('note') });
    note.value = before.note || '';
    const form = element('form.editor', {
        onsubmit: event => {
            event.preventDefault();
            const value = field.value.trim();
            if (!value) {
                field.setCustomValidity(say('emptyValue'));
                field.reportValidity();
                return;
            }
            correct(fact, value, note.value.trim());
        },
        oninput: () => field.setCustomValidity(''),
        onkeydown: event => {
            if (event.key === 'Escape') {
                event.stopPropagation();
                state.isEditing = false;
                refresh(fact);
            } else if (event.key === 'Enter' && isLong && (event.ctrlKey || event.metaKey)) {
                form.requestSubmit();
            }
        },
    }, field, isMoney(fact) && element('small', null, say('printedIn', fact.attributes.unit || '元')), note,
    element('div.actions', null, element('button.primary', { type: 'submit' }, say('keep'), element('kbd', null, isLong ? 'Ctrl ↵' : '↵')),
        element('button', { type: 'button', onclick: () => { state.isEditing = false; refresh(fact); } }, say('cancel'), element('kbd', null, 'Esc'))));
    return form;
}

function factBox(fact, className, content) {
    const severity = worst(fact.findings);
    return element('span.' + className + (severity ? '.has-' + severity : ''), { 'data-fact': fact.id }, content, tags(fact));
}
function makeItem(item) {
    if (item.type === 'head')
        return element('h3.block', { 'data-block': item.block }, nameOf(item.block), element('span.count', null, String(item.count)));
    const pinned = item.facts.includes(state.pinned) ? state.pinned : null;
    let made;
    if (item.type === 'options') {
        made = element('div.fact.options', null, element('span.key', null, factName({ name: item.name, attributes: {}, block: item.block })),
            element('span.val', null, item.facts.map(fact => factBox(fact, 'option', [fact.attributes.checked === 'true' ? '☑ ' : '☐ ', valueOf(fact)]))));
    } else if (item.type === 'group') {
        made = makeGroup(item);
    } else {
        const fact = item.facts[0], isLong = (fact.value || '').length > 80;
        made = element('div.fact' + (isLong ? '.long' : '') + (fact.value === null ? '.empty' : '') + (fact.block === 'residue' ? '.residue' : ''),
            { 'data-fact': fact.id },
            element('span.key', null, fact.block === 'residue' ? say('line', fact.spans.length ? lineAt(fact.declaration.doc, fact.spans[0]) + 1 : '') : factName(fact)),
            element('span.val' + (isMoney(fact) ? '.money' : ''), null, valueOf(fact), tags(fact), underneath(fact)));
        const severity = worst(fact.findings);
        if (severity)
            made.classList.add('has-' + severity);
    }
    if (pinned) {
        made.classList.add('open');
        made.append(details(pinned));
    }
    return made;
}
const mainParts = new Set(['level1', 'level2', 'name', 'target', 'amount']);

function makeGroup(item) {
    const part = name => item.facts.find(fact => fact.name === name);
    const box = (name, className) => {
        const fact = part(name);
        return fact ? factBox(fact, className, valueOf(fact)) : null;
    };
    const made = element('div.group.' + (item.name === 'indicator' || item.name === 'line' ? item.name : 'other'));
    made.append(element('span.number', null, String(item.number)));
    if (item.name === 'indicator') {
        made.append(element('span.levels', null, box('level1', 'level'), box('level2', 'level')),
            element('span.what', null, box('name', 'name')), element('span.right', null, box('target', 'target')));
    } else if (item.name === 'line') {
        made.append(element('span.what.wide', null, box('name', 'name')), element('span.right', null, box('amount', 'target')));
    } else {
        const first = item.facts[0];
        made.append(element('span.what.wide', null, factBox(first, 'name', valueOf(first))));
    }
    const rest = item.facts.filter((fact, i) => item.name === 'indicator' || item.name === 'line' ? !mainParts.has(fact.name) : i > 0)
        .filter(fact => fact.value !== null);
    if (rest.length)
        made.append(element('span.rest', null, rest.map(fact => element('span.pair', null, element('i', null, nameOf(fact.name)),
            factBox(fact, 'small', [fact.attributes.checked ? fact.attributes.checked === 'true' ? '☑ ' : '☐ ' : '', valueOf(fact)])))));
    const how = new Set(item.facts.filter(fact => fact.by && fact.by !== 'filled' && mainParts.has(fact.name)).map(byText));
    if (how.size)
        made.append(element('span.under.by', null, [...how].join('；')));
    return made;
}

function needsReview(fact) {
    return fact.block === 'residue' || fact.findings.length > 0 || fact.by !== '' && fact.by !== 'filled';
}
function haystack(fact) {
    if (!fact.hay)
        fact.hay = [fact.value, fact.raw, fact.label, fact.attributes.label, factName(fact), fact.name].join('\n').toLowerCase();
    return fact.hay;
}
function fits(item) {
    if (state.block && item.block !== state.block)
        return false;
    if (state.onlyReview && !item.facts.some(needsReview))
        return false;
    return !state.query || item.facts.some(fact => haystack(fact).includes(state.query));
}
function showFacts() {
    const declaration = state.declaration;
    factItems = [];
    let head = null;
    for (const item of declaration.items) {
        if (!fits(item))
            continue;
        if (!head || head.block !== item.block) {
            head = { type: 'head', block: item.block, facts: [], count: 0 };
            factItems.push(head);
        }
        head.count++;
        item.shown = factItems.length;
        factItems.push(item);
    }
    for (const item of declaration.items)
        if (factItems[item.shown] !== item)
            item.shown = -1;
    const height = item => item.type === 'head' ? 40 : item.type === 'group' ? 56 : 30 + 19 * Math.floor((item.facts[0].value || '').length / 34);
    factList.show(factItems, makeItem, height, 40);
    if (!factItems.length)
        factList.scroller.append(element('p.nothing', null, declaration.id || declaration.facts.length ? say('noFacts') : say('noForm')));
}

/* What the filter looks through is made while nothing else is to do. */
function prepare(from) {
    const idle = window.requestIdleCallback || (act => setTimeout(() => act({ timeRemaining: () => 4 }), 50));
    idle(deadline => {
        let at = from;
        while (at < facts.length && deadline.timeRemaining() > 2)
            for (const end = Math.min(facts.length, at + 200); at < end; at++)
                haystack(facts[at]);
        if (at < facts.length)
            prepare(at);
    });
}

/* ---- findings ---- */

function findingFits(finding) {
    if (!state.severity.has(finding.severity) || state.rule && finding.rule !== state.rule)
        return false;
    if (state.block && !finding.sides.some(side => side.fact && side.fact.block === state.block))
        return false;
    if (!state.query)
        return true;
    return [finding.zh, finding.en, finding.rule, ruleTitle(finding.rule), ...finding.sides.map(side => side.fact ? side.fact.value : '')]
        .join('\n').toLowerCase().includes(state.query);
}
function sideText(side) {
    if (side.fact)
        return [element('i', null, factName(side.fact)), ' ', printed(side.fact) || (side.fact.value === null ? say('blank') : side.fact.value)];
    return side.spans.length ? side.declaration.doc.text.slice(side.spans[0], side.spans[1]) : say('notPrinted');
}
function makeFinding(finding) {
    return element('div.finding.' + finding.severity + (state.pinnedFinding === finding ? '.pin' : ''), { 'data-finding': finding.id, tabindex: '0' },
        element('div.top', null, element('span.dot.' + finding.severity), element('b', null, ruleTitle(finding.rule)),
            element('code', null, finding.rule), finding.isAcross && element('span.tag', null, say('across'))),
        element('p', null, messageOf(finding)),
        finding.difference && element('p.difference', null, say('difference') + ' ' + finding.difference),
        element('div.sides', null, finding.sides.map((side, i) => element('button.side', { type: 'button', 'data-side': i },
            element('span', null, sideText(side)),
            element('small', null, (finding.isAcross ? headerOf(side.declaration, 'fiscal-year') + ' · ' : '') +
                (side.spans.length ? say('line', lineAt(side.declaration.doc, side.spans[0]) + 1) : ''))))));
}
function showFindings() {
    shownFindings = state.declaration.findings.filter(findingFits);
    shownFindings.forEach((finding, i) => { finding.shown = i; });
    findingList.show(shownFindings, makeFinding, () => 110, 30);
    if (!shownFindings.length)
        findingList.scroller.append(element('p.nothing', null, say('noFindings')));
}

/* ---- choosing ---- */

function refresh(fact) {
    if (fact && fact.declaration === state.declaration && state.declaration.items[fact.item]) {
        const shown = state.declaration.items[fact.item].shown;
        if (shown >= 0 && factList.chunks.length)
            factList.remake(shown);
    }
    updateCounts();
    illuminate();
    if (state.isEditing) {
        const field = byId('facts').querySelector('.editor input, .editor textarea');
        if (field) {
            field.focus();
            field.select();
        }
    }
}
function unpin() {
    const before = state.pinned, finding = state.pinnedFinding;
    state.pinned = state.pinnedFinding = null;
    state.isEditing = false;
    if (before)
        refresh(before);
    if (finding && finding.shown >= 0 && state.tab === 'findings')
        findingList.remake(finding.shown);
}
function pin(fact, keepTab) {
    unpin();
    if (!fact)
        return;
    if (fact.declaration !== state.declaration)
        choose(fact.declaration, true);
    state.pinned = fact;
    if (!keepTab && state.tab !== 'facts')
        showTab('facts');
    const item = state.declaration.items[fact.item];
    if (item && item.shown < 0 && state.tab === 'facts') {
        state.block = '';
        state.onlyReview = false;
        state.query = byId('search').value = '';
        showFacts();
        showFilters();
    }
    refresh(fact);
    if (state.tab === 'facts' && item)
        scrollTo(byId('facts'), factList.at(item.shown));
    revealSource(fact.spans.length ? fact.spans : fact.labelSpan);
    illuminate();
    showPin();
}
function revealSource(spans) {
    if (!spans.length)
        return;
    const index = rowAt(spans[0]), row = sourceList.at(index);
    if (!row)
        return;
    let target = row;
    if (row.offsetHeight > sourceList.scroller.clientHeight / 2)
        for (const segment of row.querySelectorAll('[data-from]'))
            if (+segment.dataset.from <= spans[0] && +segment.dataset.to > spans[0])
                target = segment;
    scrollTo(sourceList.scroller, target);
}
function pinFinding(finding, sideIndex) {
    unpin();
    const side = finding.sides[sideIndex || 0] || finding.sides[0];
    if (side && side.declaration !== state.declaration && sideIndex !== undefined || side && !finding.sides.some(one => one.declaration === state.declaration))
        choose(side.declaration, true);
    state.pinnedFinding = finding;
    const here = sideIndex === undefined ? finding.sides.find(one => one.declaration === state.declaration) || side : side;
    state.pinned = here && here.fact;
    if (!state.pinned && state.tab === 'facts') /* of what is missing only the finding can be shown */
        showTab('findings');
    if (state.tab === 'findings' && finding.shown >= 0 && shownFindings[finding.shown] === finding) {
        findingList.remake(finding.shown);
        scrollTo(byId('findings'), findingList.at(finding.shown));
    } else if (state.tab === 'facts' && state.pinned) {
        const item = state.declaration.items[state.pinned.item];
        if (item && item.shown >= 0) {
            refresh(state.pinned);
            scrollTo(byId('facts'), factList.at(item.shown));
        }
    }
    if (here)
        revealSource(here.spans);
    illuminate();
    showPin();
}

/* What needs a look, in the order of the facts; what only a finding can show comes last. */
function reviewList() {
    const declaration = state.declaration;
    if (!declaration.review) {
        const list = [];
        for (const fact of declaration.facts)
            if (needsReview(fact) && !fact.findings.length)
                list.push({ fact });
        for (const finding of declaration.findings) {
            const side = finding.sides.find(one => one.declaration === declaration);
            list.push({ finding, fact: side && side.fact });
        }
        const place = one => one.fact ? one.fact.id : Infinity;
        declaration.review = list.sort((a, b) => place(a) === place(b) ? 0 : place(a) - place(b));
    }
    return declaration.review;
}
function stepReview(by) {
    const list = state.tab === 'findings' ? shownFindings.map(finding => ({ finding })) : reviewList();
    if (!list.length)
        return;
    let at = list.findIndex(one => state.pinnedFinding ? one.finding === state.pinnedFinding : state.pinned && one.fact === state.pinned && !one.finding);
    if (at < 0 && state.pinned && state.tab === 'facts') {
        const behind = list.findIndex(one => !one.fact || one.fact.id > state.pinned.id);
        at = (behind < 0 ? list.length : behind) - (by > 0 ? 1 : 0);
        at = (at + by + list.length) % list.length;
    } else {
        at = at < 0 && by < 0 ? list.length - 1 : (at + by + list.length) % list.length;
    }
    const next = list[at];
    if (next.finding)
        pinFinding(next.finding);
    else
        pin(next.fact);
}
function stepFact(by) {
    if (!factItems.facts) {
        factItems.facts = factItems.flatMap(item => item.facts).filter(fact => fact.value !== null || fact.labelSpan.length);
        factItems.facts.forEach((fact, i) => { fact.place = i; });
    }
    const shown = factItems.facts;
    if (!shown.length)
        return;
    const at = state.pinned && shown[state.pinned.place] === state.pinned ? state.pinned.place : -1;
    pin(shown[at < 0 ? by > 0 ? 0 : shown.length - 1 : Math.min(shown.length - 1, Math.max(0, at + by))]);
}
function accept(fact) {
    set(fact, { state: 'accepted', when: new Date().toISOString() });
}
function correct(fact, value, note) {
    const printedNow = fact.raw !== null ? fact.raw : fact.value;
    state.isEditing = false;
    if (value === fact.value || value === printedNow)
        set(fact, { state: 'accepted', note, when: new Date().toISOString() });
    else
        set(fact, { state: 'corrected', value, note, when: new Date().toISOString() });
}
function takeBack(fact) {
    corrections.delete(fact.id);
    unsaved = true;
    remember(fact.declaration.doc);
    refresh(fact);
}
function set(fact, correction) {
    corrections.set(fact.id, correction);
    unsaved = true;
    remember(fact.declaration.doc);
    refresh(fact);
}
function edit(fact) {
    if (!canReview(fact))
        return;
    if (state.tab !== 'facts')
        pin(fact);
    state.isEditing = true;
    showPane('facts');
    refresh(fact);
}

/* ---- years ---- */

const normal = text => (text || '').normalize('NFKC').replace(/\s+/g, '');
let projects;

function findProjects() {
    if (projects)
        return projects;
    const groups = new Map();
    for (const declaration of declarations) {
        if (!declaration.id)
            continue;
        const name = headerOf(declaration, 'project-name'), code = headerOf(declaration, 'project-code');
        const unit = headerOf(declaration, 'implementing-unit') || headerOf(declaration, 'reporting-unit') || headerOf(declaration, 'competent-department');
        declaration.names = { name, code, unit };
        declaration.project = null;
        const key = code ? 'c' + normal(code) : 'n' + normal(name) + '\n' + normal(unit);
        if (!name && !code)
            continue;
        if (!groups.has(key))
            groups.set(key, []);
        groups.get(key).push(declaration);
    }
    /* The program's own matching knows more: a finding across forms ties them. */
    const parent = new Map(declarations.map(one => [one, one]));
    const root = one => {
        while (parent.get(one) !== one)
            one = parent.get(one);
        return one;
    };
    for (const list of groups.values())
        list.forEach(one => parent.set(root(one), root(list[0])));
    for (const finding of findings)
        if (finding.isAcross && finding.rule !== 'ambiguous-match')
            finding.sides.forEach(side => parent.set(root(side.declaration), root(finding.sides[0].declaration)));
    const merged = new Map();
    for (const declaration of declarations)
        if (declaration.id) {
            const key = root(declaration);
            merged.set(key, (merged.get(key) || []).concat(declaration));
        }
    const hasYears = list => new Set(list.map(one => headerOf(one, 'fiscal-year')).filter(year => year)).size > 1;
    projects = [...merged.values()].filter(hasYears).map(list => {
        list.sort((a, b) => headerOf(a, 'fiscal-year').localeCompare(headerOf(b, 'fiscal-year')));
        const found = new Set();
        for (const declaration of list)
            declaration.findings.filter(one => one.isAcross).forEach(one => found.add(one));
        return { forms: list, name: headerOf(list[list.length - 1], 'project-name'), findings: [...found] };
    });
    return projects;
}

/* A row of the table: what each year says to one question. */
function moneyRows(project) {
    const rows = new Map();
    project.forms.forEach((form, i) => {
        for (const fact of form.facts)
            if (fact.block === 'funding' && fact.name === 'amount') {
                const { scope, source, stage } = fact.attributes, key = [scope, source, stage || ''].join('/');
                if (!rows.has(key))
                    rows.set(key, { key, title: factName(fact), cells: new Array(project.forms.length).fill(null), isMain: source === 'total', scope, source });
                const row = rows.get(key);
                if (!row.cells[i] || row.cells[i].value === null)
                    row.cells[i] = fact;
            }
    });
    const scopes = ['project', 'midterm', 'annual', 'previous'], sources = ['total', 'fiscal', 'carry-over', 'other'];
    const rank = row => scopes.indexOf(row.scope) * 10 + (sources.indexOf(row.source) + 10) % 10;
    return [...rows.values()].filter(row => row.cells.some(fact => fact && fact.value !== null)).sort((a, b) => rank(a) - rank(b));
}
function targetRows(project) {
    const rows = new Map();
    project.forms.forEach((form, i) => {
        for (const item of form.items) {
            if (item.name !== 'indicator')
                continue;
            const name = item.facts.find(fact => fact.name === 'name' && fact.value) || item.facts.find(fact => fact.name === 'level2' && fact.value);
            const target = item.facts.find(fact => fact.name === 'target');
            if (!name || !target)
                continue;
            const key = item.attributes.horizon + '/' + normal(name.value).toLowerCase();
            if (!rows.has(key))
                rows.set(key, { key, title: name.value, cells: new Array(project.forms.length).fill(null), names: new Array(project.forms.length).fill(null) });
            const row = rows.get(key);
            if (!row.cells[i]) {
                row.cells[i] = target;
                row.names[i] = name;
            }
        }
    });
    return [...rows.values()];
}
const numberOf = fact => {
    if (!fact || fact.value === null)
        return null;
    const number = isMoney(fact) ? Number(fact.value) / 10000 : fact.attributes.kind === 'money' ? Number(fact.attributes.value) / 10000
        : fact.attributes.kind === 'number' ? Number(fact.attributes.value) : NaN;
    return Number.isFinite(number) ? number : null;
};
/* Yuan as 万元, exactly: 85.60 is 0.00856. */
function tenThousands(yuan) {
    const [, sign, whole, rest = ''] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(yuan) || [null, '', '', ''];
    if (!whole)
        return yuan;
    const digits = whole.padStart(5, '0'), after = (digits.slice(-4) + rest).replace(/0+$/, '').padEnd(2, '0');
    return sign + grouped(digits.slice(0, -4).replace(/^0+(?=\d)/, '')) + '.' + after;
}
const yearOf = form => (headerOf(form, 'fiscal-year') || say('yearMissing')) + (form.kind === 'evaluation' ? ' ' + say('evaluation') : '');
const neat = number => Math.abs(number) >= 1000 ? grouped(String(Math.round(number))) : String(+number.toPrecision(6));

/* Lines that lie on each other are one with several names. */
function apart(series) {
    const found = [];
    for (const one of series) {
        const same = found.find(other => other.points.every((point, i) => point === one.points[i]));
        if (same)
            same.also.push(one);
        else
            found.push(Object.assign({ also: [] }, one));
    }
    return found;
}

/* Where numbers stand: in proportion, or by their size where the largest would press the
 * others on the ground. */
function scaleOf(numbers) {
    const SPREAD = 200, sizes = numbers.filter(number => number > 0);
    const most = Math.max(...numbers), least = Math.min(0, ...numbers);
    if (!(least < 0) && sizes.length > 1 && Math.max(...sizes) >= SPREAD * Math.min(...sizes)) {
        const low = Math.floor(Math.log10(Math.min(...sizes)) - .3), high = Math.log10(Math.max(...sizes));
        const ticks = [];
        for (let power = low + 1; power <= high; power++)
            ticks.push(10 ** power);
        return { isLogarithmic: true, ticks, share: value => value > 0 ? (Math.log10(value) - low) / (high - low) : 0 };
    }
    return { ticks: [], share: value => (value - least) / (most - least || 1), least };
}

/* A small line chart. Series: [{title, points: [number or null], facts: []}]. */
function chart(title, unit, years, series, isWide, width) {
    const isNarrow = innerWidth <= 760, lines = apart(series);
    const L = 12, R = !isWide ? 16 : isNarrow ? 92 : 150, T = 46, B = 26;
    const W = width, H = !isWide ? 132 : isNarrow ? 210 : 250;
    const scale = scaleOf(lines.flatMap(one => one.points).filter(point => point !== null));
    const x = i => years.length < 2 ? (L + W - R) / 2 : L + 34 + (W - L - R - 68) * i / (years.length - 1);
    const y = value => T + (H - T - B) * (1 - scale.share(value));
    const ground = scale.isLogarithmic ? H - B : y(scale.least);
    const svg = drawing('svg', { viewBox: '0 0 ' + W + ' ' + H, role: 'img', class: 'chart' + (isWide ? ' wide' : ''), 'aria-label': title });
    const note = scale.isLogarithmic ? (unit.trim() ? (language === 'zh' ? '，' : ', ') : '') + say('logarithmic') : '';
    svg.append(drawing('text', { x: L, y: 14, class: 'title' }, title), drawing('text', { x: W - 8, y: 14, class: 'axis', 'text-anchor': 'end' }, unit + note));
    for (const tick of scale.ticks)
        svg.append(drawing('line', { x1: L, x2: W - R + (isWide ? 0 : 6), y1: y(tick), y2: y(tick), class: 'tick' }));
    svg.append(drawing('line', { x1: L, x2: W - R + (isWide ? 0 : 6), y1: ground, y2: ground, class: 'base' }));
    years.forEach((year, i) => svg.append(drawing('text', { x: x(i), y: H - 8, class: 'axis', 'text-anchor': 'middle' }, year)));
    const labels = [];
    lines.forEach((one, s) => {
        let path = '';
        one.points.forEach((point, i) => {
            if (point !== null)
                path += (path && one.points[i - 1] !== null ? 'L' : 'M') + x(i).toFixed(1) + ' ' + y(point).toFixed(1);
        });
        svg.append(drawing('path', { d: path, class: 'line s' + s % 6 }));
        one.points.forEach((point, i) => {
            if (point === null)
                return;
            const all = [one, ...one.also], stated = all.filter(each => each.facts[i]);
            const found = [...new Set(stated.flatMap(each => each.facts[i].findings.concat(each.names && each.names[i] ? each.names[i].findings : [])))].filter(finding => finding.isAcross);
            const severity = worst(found);
            const group = drawing('g', { class: 'point', 'data-fact': one.facts[i].id, tabindex: '0' });
            if (severity)
                group.append(drawing('circle', { cx: x(i), cy: y(point), r: 8, class: 'ring ' + severity }));
            group.append(drawing('circle', { cx: x(i), cy: y(point), r: 3, class: 'dot s' + s % 6 }), drawing('circle', { cx: x(i), cy: y(point), r: 12, class: 'catch' }));
            group.append(drawing('title', {}, all.map(each => each.title).join(' = ') + ' ' + years[i] + ': ' + neat(point) + ' ' + unit + found.map(finding => '\n' + messageOf(finding)).join('')));
            svg.append(group);
            if (!isWide || one.isLabelled)
                svg.append(drawing('text', { x: x(i), y: y(point) - 8 - (severity ? 4 : 0), class: 'number' + (severity ? ' ' + severity : ''), 'text-anchor': 'middle' }, neat(point)));
        });
        const last = one.points.reduce((found, point, i) => point !== null ? i : found, -1);
        if (isWide && last >= 0)
            [one, ...one.also].forEach((each, i) => labels.push({ s, title: (i ? '= ' : '') + each.title, y: y(one.points[last]) + i / 100 }));
    });
    labels.sort((a, b) => a.y - b.y);
    labels.forEach((label, i) => { if (i) label.y = Math.max(label.y, labels[i - 1].y + 15); });
    const over = labels.length ? labels[labels.length - 1].y - (H - B + 4) : 0;
    labels.forEach(label => svg.append(drawing('text', { x: W - R + 6, y: label.y - Math.max(0, over) + 4, class: 'series s' + label.s % 6 }, label.title)));
    return svg;
}

function yearCell(fact, name) {
    if (!fact)
        return element('td.none', null, '—');
    const found = fact.findings.concat(name ? name.findings : []).filter(finding => finding.isAcross), severity = worst(found);
    const text = fact.value === null ? say('blank') : isMoney(fact) ? tenThousands(fact.value) : fact.value;
    return element('td' + (severity ? '.has-' + severity : '') + (fact.value === null ? '.none' : isMoney(fact) ? '.money' : ''), { 'data-fact': fact.id, tabindex: '0' },
        severity && element('span.dot.' + severity, { title: messagesOf(found) }), text);
}
/* As wide as the sheet, so that its words are as large as those around it. */
const roomOf = box => isPrinting ? 700 : Math.max(320, Math.min(1280, box.clientWidth || innerWidth) - (innerWidth <= 760 ? 24 : 48));

function showYears() {
    const box = byId('years'), all = findProjects();
    box.replaceChildren();
    if (!all.length) {
        box.append(element('p.nothing', null, say('noYears')));
        return;
    }
    const project = all[Math.min(state.project, all.length - 1)], years = project.forms.map(yearOf);
    const chooser = element('nav.projects', { 'aria-label': say('project') }, all.map((one, i) => element('button' + (one === project ? '.on' : ''),
        { type: 'button', onclick: () => { state.project = i; showYears(); } }, one.name,
        element('small', null, yearOf(one.forms[0]) + '–' + yearOf(one.forms[one.forms.length - 1])),
        worst(one.findings) && element('span.dot.' + worst(one.findings)))));
    const last = project.forms[project.forms.length - 1].names || {};
    const sheet = element('div.sheet', null, element('h2', null, project.name), element('p.sub', null, [last.unit, last.code].filter(part => part).join(' · ')));
    const money = moneyRows(project), targets = targetRows(project);
    const drawn = money.filter(row => (row.scope === 'annual' || row.isMain && row.scope === 'project') &&
        row.cells.filter(fact => numberOf(fact) !== null).length > 1 && (row.isMain || row.cells.some(fact => numberOf(fact))));
    drawn.sort((a, b) => (b.scope === 'annual') - (a.scope === 'annual')); /* the year's money first */
    const points = row => row.cells.map(numberOf);
    if (drawn.length)
        sheet.append(chart(say('moneyChart'), '万元', years, drawn.slice(0, 6).map(row => ({ title: row.title, points: points(row), facts: row.cells, isLabelled: row.isMain })), true, roomOf(box)));
    const head = key => element('thead', null, element('tr', null, element('th', null, say(key)), project.forms.map(form =>
        element('th', null, element('button', { type: 'button', onclick: () => { showView('form'); choose(form); } }, yearOf(form))))));
    const wide = made => {
        made.style.setProperty('min-width', (innerWidth <= 760 ? 84 + 90 * years.length : 220 + 96 * years.length) + 'px');
        return made;
    };
    sheet.append(element('div.scroll', null, wide(element('table', null, head('money'), element('tbody', null, money.map(row =>
        element('tr' + (row.isMain ? '.main' : ''), null, element('th', { scope: 'row' }, row.title), row.cells.map(fact => yearCell(fact)))))))));
    const small = targets.filter(row => row.cells.filter(fact => numberOf(fact) !== null).length > 1);
    const most = Math.max(1, Math.floor((roomOf(box) + 18) / 288)), columns = Math.max(1, Math.ceil(small.length / Math.ceil(small.length / most)) || 1);
    const share = Math.min(600, (roomOf(box) - 18 * (columns - 1)) / columns), multiples = element('div.multiples');
    multiples.style.setProperty('grid-template-columns', 'repeat(' + columns + ', minmax(0, ' + share + 'px))');
    if (small.length)
        sheet.append(multiples);
    for (const row of small.slice(0, 60)) {
        const one = row.cells.find(fact => numberOf(fact) !== null), longest = Math.floor(share / 19);
        const unit = one.attributes.kind === 'money' ? '万元' : one.attributes.unit || '';
        multiples.append(chart(row.title.length > longest ? row.title.slice(0, longest - 1) + '…' : row.title, (signs[one.attributes.op] || '') + ' ' + unit, years,
            [{ title: row.title, points: points(row), facts: row.cells, names: row.names }], false, share));
    }
    sheet.append(element('div.scroll', null, wide(element('table.targets', null, head('targets'), element('tbody', null, targets.map(row =>
        element('tr', null, element('th', { scope: 'row' }, row.title), row.cells.map((fact, i) => yearCell(fact, row.names[i])))))))));
    if (project.findings.length)
        sheet.append(element('h3', null, say('findings')), element('div.list', null, project.findings.map(makeFinding)));
    box.append(chooser, sheet);
    if (all.length < 2)
        chooser.hidden = true;
}

/* ---- the frame ---- */

function showFilters() {
    const counts = {}, box = byId('filters');
    for (const item of state.declaration.items)
        counts[item.block] = (counts[item.block] || 0) + 1;
    const chip = (text, isOn, act, count) => element('button.chip' + (isOn ? '.on' : ''), { type: 'button', 'aria-pressed': String(isOn), onclick: act }, text,
        count !== undefined && element('span.count', null, String(count)));
    const again = () => { showFilters(); state.tab === 'facts' ? showFacts() : showFindings(); illuminate(); };
    const made = [];
    if (state.tab === 'findings') {
        for (const severity of severities) {
            const count = state.declaration.findings.filter(finding => finding.severity === severity).length;
            made.push(element('button.chip.' + severity + (state.severity.has(severity) ? '.on' : ''), {
                type: 'button', 'aria-pressed': String(state.severity.has(severity)), 'data-severity': severity,
                onclick: () => { state.severity.has(severity) ? state.severity.delete(severity) : state.severity.add(severity); again(); },
            }, element('span.dot.' + severity), say(severity), element('span.count', null, String(count))));
        }
        const rules = [...new Set(state.declaration.findings.map(finding => finding.rule))].sort();
        const select = element('select', { id: 'rule', 'aria-label': say('rule'), onchange: event => { state.rule = event.target.value; again(); } },
            element('option', { value: '' }, say('anyRule')), rules.map(rule => element('option', { value: rule, selected: rule === state.rule }, ruleTitle(rule))));
        made.push(select);
    } else {
        made.push(chip(say('all'), !state.block && !state.onlyReview, () => { state.block = ''; state.onlyReview = false; again(); }));
        for (const block in counts) {
            const one = chip(nameOf(block), state.block === block, () => { state.block = state.block === block ? '' : block; again(); }, counts[block]);
            one.dataset.block = block;
            made.push(one);
        }
        if (state.declaration.items.some(item => item.facts.some(needsReview))) {
            const one = chip(say('review'), state.onlyReview, () => { state.onlyReview = !state.onlyReview; again(); });
            one.dataset.review = '';
            made.push(one);
        }
    }
    box.replaceChildren(...made);
}
function showTab(tab) {
    state.tab = tab;
    byId('facts').hidden = tab !== 'facts';
    byId('findings').hidden = tab !== 'findings';
    for (const button of document.querySelectorAll('[data-tab]'))
        button.setAttribute('aria-selected', String(button.dataset.tab === tab));
    showFilters();
    if (tab === 'facts')
        showFacts();
    else
        showFindings();
    illuminate();
}
function showPane(pane) {
    state.pane = pane;
    document.body.dataset.pane = pane;
    for (const button of document.querySelectorAll('[data-pane-button]'))
        button.setAttribute('aria-selected', String(button.dataset.paneButton === pane));
    if (pane === 'source' && state.pinned)
        revealSource(state.pinned.spans.length ? state.pinned.spans : state.pinned.labelSpan);
    if (pane === 'facts' && state.pinned && state.tab === 'facts')
        scrollTo(byId('facts'), factList.at(Math.max(0, state.declaration.items[state.pinned.item].shown)));
    showPin();
}
function showPin() {
    const box = byId('pin'), fact = state.pinned;
    box.replaceChildren();
    box.hidden = !fact;
    if (fact)
        box.append(element('button', { type: 'button', onclick: () => showPane(state.pane === 'source' ? 'facts' : 'source') },
            element('b', null, factName(fact)), ' ', element('span', null, fact.value === null ? say('blank') : printed(fact) || fact.value),
            element('em', null, say(state.pane === 'source' ? 'inFacts' : 'inSource'))));
}
function showView(view) {
    state.view = view;
    document.body.dataset.view = view;
    for (const button of document.querySelectorAll('[data-view-button]'))
        button.setAttribute('aria-selected', String(button.dataset.viewButton === view));
    byId('form').hidden = view !== 'form';
    byId('years').hidden = view !== 'years';
    if (view === 'years')
        showYears();
}
function updateCounts() {
    const list = reviewList().filter(one => canReview(one.fact)), open = list.filter(one => !corrections.has(one.fact.id)).length;
    byId('progress').textContent = list.length ? open ? say('toReview', open) : say('reviewDone') : '';
    byId('save').textContent = say('save') + (corrections.size ? ' (' + corrections.size + ')' : '');
    byId('save').disabled = !corrections.size;
    byId('count').textContent = String(state.declaration.findings.length);
}
function choose(declaration, keepFilters) {
    const isSame = declaration.doc === state.shownDocument;
    state.declaration = declaration;
    state.pinned = state.pinnedFinding = null;
    state.isEditing = false;
    if (!keepFilters || !declaration.items.some(item => item.block === state.block))
        state.block = '';
    if (state.view !== 'form')
        showView('form');
    byId('picker').value = String(declarations.indexOf(declaration));
    if (!isSame)
        showSource();
    const first = declaration.facts.find(fact => fact.spans.length);
    if (first && declaration.doc.declarations.length > 1 && (isSame || declaration !== declaration.doc.declarations[0]))
        revealSource(first.spans);
    showMeta();
    showTab(state.tab);
    updateCounts();
    showPin();
}
function showMeta() {
    const declaration = state.declaration, raw = declaration.doc.raw;
    byId('meta').replaceChildren(element('span', { title: raw.sha256 }, fileName(raw.path)), element('span', null, raw.encoding),
        declaration.kind ? element('span', null, say(declaration.kind)) : '',
        declaration.coverage ? element('span', null, say('coverage', (Number(declaration.coverage) * 100).toFixed(1) + '%')) : '');
    document.title = titleOf(declaration) + ' · shenbao';
}

function dialogOf(title, ...content) {
    const box = element('dialog', { onclose: () => box.remove() }, element('h2', null, title), content);
    box.addEventListener('click', event => { if (event.target === box) box.close(); });
    document.body.append(box);
    box.showModal();
    return box;
}
function help() {
    const box = dialogOf(say('keys'), element('dl.keys', null, keysHelp.map(([keys, zh, en]) =>
        [element('dt', null, keys.split(' ').map(key => element('kbd', null, key))), element('dd', null, language === 'zh' ? zh : en)])),
    element('div.actions', null, element('button', { type: 'button', onclick: () => box.close() }, say('close'))));
}
function saveDialog() {
    const who = element('input', { name: 'who', placeholder: say('who'), 'aria-label': say('who'), autocomplete: 'name' });
    try {
        who.value = localStorage.getItem('shenbao:who') || '';
    } catch (trouble) { /* none */ }
    const list = [...corrections].sort((a, b) => a[0] - b[0]).slice(0, 200).map(([id, correction]) => {
        const fact = facts[id];
        return element('li', null, element('i', null, factName(fact)), ' ',
            correction.state === 'accepted' ? [fact.raw || fact.value, ' ', element('span.tag.accepted', null, '✓')]
                : [element('s.old', null, fact.raw || fact.value), ' ', element('span.new', null, correction.value)]);
    });
    const box = dialogOf(say('save'), element('ul.changes', null, list), element('p.sub', null, say('saveHelp')), element('form', {
        onsubmit: event => {
            event.preventDefault();
            try {
                localStorage.setItem('shenbao:who', who.value.trim());
            } catch (trouble) { /* none */ }
            download(who.value.trim());
            box.close();
        },
    }, who, element('div.actions', null, element('button.primary', { type: 'submit' }, say('download')),
        element('button', { type: 'button', onclick: () => box.close() }, say('cancel')))));
    who.focus();
}
function download(who) {
    const url = URL.createObjectURL(new Blob([correctionsFile(who)], { type: 'application/json' }));
    const base = documents.length === 1 ? fileName(documents[0].raw.path).replace(/\.[^.]*$/, '') : 'shenbao';
    const link = element('a', { href: url, download: base + '.corrections.json' });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    unsaved = false;
}

function build() {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    const picker = element('select', { id: 'picker', 'aria-label': say('document'), onchange: event => choose(declarations[+event.target.value]) });
    for (const doc of documents) {
        const options = doc.declarations.map(declaration => element('option', { value: declarations.indexOf(declaration) }, titleOf(declaration)));
        if (documents.length > 1)
            picker.append(element('optgroup', { label: fileName(doc.raw.path) }, options));
        else
            picker.append(...options);
    }
    const tab = (id, key, extra) => element('button', { type: 'button', role: 'tab', 'data-tab': id, 'aria-controls': id, onclick: () => { pinOff(); showTab(id); } }, say(key), extra);
    const pinOff = () => { if (state.isEditing) { state.isEditing = false; } };
    const several = findProjects().length > 0;
    const viewTab = (id, key) => element('button', { type: 'button', 'data-view-button': id, onclick: () => showView(id) }, say(key));
    const paneTab = (id, key) => element('button', { type: 'button', 'data-pane-button': id, onclick: () => showPane(id) }, say(key));
    const mode = (id, key) => element('button', { type: 'button', 'data-mode': id, 'aria-pressed': String(state.mode === id), onclick: () => setMode(id) }, say(key));
    byId('app').replaceChildren(
        element('header', null, element('span.brand', null, 'shenbao'),
            declarations.length > 1 ? picker : element('strong.only', null, titleOf(declarations[0]), element('span.hidden', null, picker)),
            several && element('nav.switch', null, viewTab('form', 'form'), viewTab('years', 'years')),
            element('span.space'), element('span', { id: 'progress', role: 'status' }),
            element('button.primary', { id: 'save', type: 'button', onclick: saveDialog }),
            element('button.plain', { type: 'button', id: 'language', onclick: () => setLanguage(language === 'zh' ? 'en' : 'zh') }, say('language')),
            element('button.plain', { type: 'button', id: 'help', 'aria-label': say('help'), title: say('help'), onclick: help }, '?')),
        element('nav.panes', { role: 'tablist' }, paneTab('source', 'source'), paneTab('facts', 'facts')),
        element('main', { id: 'form' },
            element('section.pane.source', { 'aria-label': say('source') },
                element('div.tools', null, element('span.switch', null, mode('rows', 'rows'), mode('text', 'text')), element('span.meta', { id: 'meta' }), element('span.space'),
                    element('span.legend', { 'aria-hidden': 'true' }, element('span.l', null, say('legendLabel')), element('span.v', null, say('legendValue')),
                        element('span.r', null, say('legendResidue')), element('span.x.f.warning', null, say('legendFinding')))),
                element('div.scroller', { id: 'source', tabindex: '0', role: 'table' })),
            element('section.pane.found', { 'aria-label': say('facts') },
                element('div.tools', null, element('span.switch', { role: 'tablist' }, tab('facts', 'facts'), tab('findings', 'findings', element('span.count', { id: 'count' }))),
                    element('input', { id: 'search', type: 'search', placeholder: say('search'), 'aria-label': say('search') })),
                element('div.filters', { id: 'filters' }),
                element('div.scroller', { id: 'facts', tabindex: '0' }), element('div.scroller', { id: 'findings', tabindex: '0', hidden: true }))),
        element('main', { id: 'years', hidden: true }),
        element('div', { id: 'pin', hidden: true }));
    sourceList = new Chunks(byId('source'), 'div.chunk');
    factList = new Chunks(byId('facts'), 'div.chunk');
    findingList = new Chunks(byId('findings'), 'div.chunk');
    byId('search').value = state.query;
    listen();
    state.shownDocument = null;
    const pinned = state.pinned;
    choose(state.declaration, true);
    showPane(state.pane);
    showView(state.view);
    if (pinned)
        pin(pinned, true);
}
function setMode(mode) {
    state.mode = mode;
    for (const button of document.querySelectorAll('[data-mode]'))
        if (button.tagName === 'BUTTON')
            button.setAttribute('aria-pressed', String(button.dataset.mode === mode));
    /* The place stays: of what is chosen and in view, else the top. */
    const frame = sourceList.scroller.getBoundingClientRect();
    const seen = one => one.getBoundingClientRect().bottom > frame.top + 8 && one.getBoundingClientRect().top < frame.bottom;
    const top = sourceList.chunks.find(chunk => chunk.isFilled && seen(chunk.element));
    const index = top ? top.elements.findIndex(seen) : -1;
    const chosen = [...sourceList.scroller.querySelectorAll('.pin-value')].find(seen);
    const offset = chosen ? +chosen.dataset.from : index >= 0 ? top.items[index].from : 0;
    showSource(offset);
    sourceList.scroller.scrollTop = 0;
    if (offset > 0 && Number.isFinite(offset))
        revealSource([offset, offset + 1]);
    illuminate();
}
function setLanguage(to) {
    language = to;
    facts.forEach(fact => { fact.hay = null; });
    prepare(0);
    const view = state.view;
    build();
    showView(view);
}

function listen() {
    const source = byId('source'), list = byId('facts'), found = byId('findings'), years = byId('years');
    const segment = event => event.target.closest && event.target.closest('[data-from]');
    const factUnder = event => {
        const one = event.target.closest && event.target.closest('[data-fact]');
        return one ? facts[+one.dataset.fact] : null;
    };
    let last = null;
    source.addEventListener('pointerover', event => {
        const one = segment(event);
        if (one === last)
            return;
        last = one;
        if (!one)
            return illuminate();
        const here = factsAt(+one.dataset.from, +one.dataset.to);
        illuminate(here.facts.slice(0, 40), here.facts.length ? null : [{ from: +one.dataset.from, to: +one.dataset.to, role: 'value' }]);
        one.title = messagesOf(here.findings);
    });
    source.addEventListener('pointerleave', () => { last = null; illuminate(); });
    source.addEventListener('click', event => {
        const one = segment(event);
        if (!one || String(window.getSelection()))
            return;
        const here = factsAt(+one.dataset.from, +one.dataset.to);
        if (state.tab === 'findings' && here.findings.length)
            pinFinding(here.findings[0]);
        else if (here.facts.length)
            pin(here.facts.includes(state.pinned) ? here.facts[(here.facts.indexOf(state.pinned) + 1) % here.facts.length] : here.facts[0], state.tab === 'findings');
        else if (here.findings.length)
            pinFinding(here.findings[0]);
    });
    list.addEventListener('pointerover', event => {
        const fact = factUnder(event);
        if (fact !== last) {
            last = fact;
            illuminate(fact ? [fact] : null);
        }
    });
    list.addEventListener('pointerleave', () => { last = null; illuminate(); });
    list.addEventListener('click', event => {
        if (event.target.closest('.details'))
            return;
        const fact = factUnder(event);
        if (fact && !String(window.getSelection()))
            pin(fact);
    });
    found.addEventListener('pointerover', event => {
        const one = event.target.closest('[data-finding]');
        if (one === last)
            return;
        last = one;
        const finding = one && findings[+one.dataset.finding], ranges = [];
        for (const side of finding ? finding.sides : [])
            if (side.declaration.doc === state.declaration.doc)
                for (let i = 0; i < side.spans.length; i += 2)
                    ranges.push({ from: side.spans[i], to: side.spans[i + 1], role: 'value' });
        illuminate(null, ranges);
    });
    found.addEventListener('pointerleave', () => { last = null; illuminate(); });
    const onFinding = event => {
        const one = event.target.closest('[data-finding]');
        if (!one)
            return;
        const side = event.target.closest('[data-side]'), finding = findings[+one.dataset.finding];
        if (state.view === 'years') {
            const to = finding.sides[side ? +side.dataset.side : 0];
            showView('form');
            if (to)
                choose(to.declaration);
        }
        pinFinding(finding, side ? +side.dataset.side : undefined);
    };
    found.addEventListener('click', onFinding);
    years.addEventListener('click', event => {
        const fact = factUnder(event);
        if (fact) {
            showView('form');
            pin(fact);
        } else {
            onFinding(event);
        }
    });
    byId('search').addEventListener('input', event => {
        state.query = event.target.value.trim().toLowerCase();
        state.tab === 'facts' ? showFacts() : showFindings();
        illuminate();
    });
    byId('search').addEventListener('keydown', event => {
        if (event.key === 'Enter' && state.tab === 'facts') {
            const item = factItems.find(one => one.type !== 'head');
            if (item)
                pin(item.facts.find(fact => state.query && haystack(fact).includes(state.query)) || item.facts[0]);
            event.target.blur();
        } else if (event.key === 'Escape') {
            event.target.blur();
        }
    });
}

document.addEventListener('keydown', event => {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || document.querySelector('dialog[open]'))
        return;
    const act = {
        n: () => stepReview(1), p: () => stepReview(-1), j: () => stepFact(1), k: () => stepFact(-1),
        a: () => canReview(state.pinned) && accept(state.pinned), e: () => canReview(state.pinned) && edit(state.pinned),
        u: () => state.pinned && corrections.has(state.pinned.id) && takeBack(state.pinned), '/': () => byId('search').focus(), '?': help,
        1: () => showTab('facts'), 2: () => showTab('findings'), t: () => setMode(state.mode === 'rows' ? 'text' : 'rows'), Escape: () => { unpin(); showPin(); illuminate(); },
        Enter: () => {
            const one = target.closest && target.closest('[data-finding], td[data-fact], .point[data-fact]');
            if (one)
                one.dispatchEvent(new MouseEvent('click', { bubbles: true }));
        },
    }[event.key];
    if (!act || state.view === 'years' && !['?', 'Enter'].includes(event.key))
        return;
    if (event.key !== 'Enter')
        event.preventDefault();
    act();
});
let resized = 0, isPrinting = false;
window.addEventListener('resize', () => {
    clearTimeout(resized);
    resized = setTimeout(() => { if (state.view === 'years') showYears(); }, 120);
});
const printYears = isNow => {
    isPrinting = isNow;
    if (state.view === 'years')
        showYears();
};
window.addEventListener('afterprint', () => printYears(false));
window.addEventListener('beforeprint', () => {
    printYears(true);
    state.tab === 'facts' ? showFindings() : showFacts(); /* in print both stand one behind the other */
    for (const list of [sourceList, factList, findingList])
        list.fillAll();
});
window.addEventListener('beforeunload', event => {
    if (unsaved && corrections.size)
        event.preventDefault();
});

if (declarations.length) {
    build();
    prepare(0);
}
})();
