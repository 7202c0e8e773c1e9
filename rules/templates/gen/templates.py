#!/usr/bin/python3
"""Writes the packs of rules/templates from templates.txt, with their tests.

    go build -o bin/labelmilter ./cmd/labelmilter
    python3 rules/templates/gen/templates.py bin/labelmilter

The texts of the tests are those of the packs in rules/sit; which of them count
for a rule is asked of the program, so that the tests say what holds now and
fail when it no longer does.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SIT = os.path.join(os.path.dirname(ROOT), 'sit')
BINARY = os.path.abspath(sys.argv[1])
HIGH = 10  # from so many on
SHOWN = 12  # types of a template that are tested one by one

PACKS = {
    'purview': ('templates-purview', 'Policy templates of Microsoft Purview, rule for rule: few values to outside are noticed, many are refused',
                'A low-count rule (1 to 9 values of a type) and a high-count rule (10 and more), as documented.'),
    'enhanced': ('templates-purview-enhanced', 'Enhanced policy templates of Microsoft Purview, with names, addresses and medical terms; counts derived',
                 'Derived: their types are documented, their counts are not. The two rules are those of the other templates.'),
    'sharepoint': ('templates-sharepoint-2016', 'The ten policy templates of SharePoint Server 2016; counts derived',
                   'Derived: their types are documented, the counts are the administrator\'s choice there. The two rules are those of the other templates.'),
}
FOLDER = {'purview': 'purview', 'enhanced': 'purview-enhanced', 'sharepoint': 'sharepoint-2016'}
PREFIX = {'purview': '', 'enhanced': '', 'sharepoint': 'sp-'}


def table():
    for line in open(os.path.join(HERE, 'templates.txt'), encoding='utf-8'):
        if line.strip() and line[0] != '#':
            pack, id_, name, types = line.rstrip('\n').split(' | ', 3)
            groups = [g.split('|') for g in types.split(' & ')] if ' & ' in types else None
            yield pack, PREFIX[pack] + id_, name, groups or types.split(), groups is not None


def sit_packs():
    """Pack and default confidence by type, and the test texts."""
    where, least, good, bad = {}, {}, {}, {}
    for path in sorted(glob.glob(os.path.join(SIT, '*', 'sits.yaml'))):
        folder = os.path.dirname(path)
        pack = re.search(r'^id: (\S+)', open(os.path.join(folder, 'pack.yaml'), encoding='utf-8').read(), re.M).group(1)
        for part in re.split(r'^  - id: ', open(path, encoding='utf-8').read(), flags=re.M)[1:]:
            t = part.split('\n', 1)[0].strip().strip("'\"")
            where[t] = pack
            m = re.search(r'^    recommended_confidence: (\w+)', part, re.M)
            least[t] = {'high': 85, 'medium': 75, 'low': 65}.get(m.group(1), None) or int(m.group(1)) if m else 75
            for key, out in (('match', good), ('no_match', bad)):
                m = re.search(r'^      %s: (\[.*\])$' % key, part, re.M)
                if m:
                    try:
                        out.setdefault(t, []).extend(json.loads(m.group(1)))
                    except ValueError:
                        pass
    for path in sorted(glob.glob(os.path.join(SIT, '*', 'generated_test.yaml'))):
        for line in open(path, encoding='utf-8'):
            m = re.match(r'  - \{name: .*?, mail: ("(?:[^"\\]|\\.)*"), (findings|absent): \[(?:\{type: |findings\.)([\w-]+)', line)
            if m:
                try:
                    text = json.loads(m.group(1)).split('\n\n', 1)[1]
                except ValueError:
                    continue
                (good if m.group(2) == 'findings' else bad).setdefault(m.group(3), []).append(text)
    return where, least, good, bad


def ask(mails):
    """Distinct values by type and confidence found in each of some texts."""
    out = []
    with tempfile.TemporaryDirectory() as d:
        for i, text in enumerate(mails):
            with open(os.path.join(d, '%06d.eml' % i), 'w', encoding='utf-8') as f:
                f.write(MAIL % text)
        run = subprocess.run([BINARY, 'check', '--format', 'json', '--show-content', d], capture_output=True, text=True, check=True)
        for line in run.stdout.splitlines():
            seen = {}
            for x in json.loads(line)['findings']:
                for v in x.get('values') or []:
                    k = re.sub(r'[^0-9A-Za-z]', '', v).upper()
                    seen.setdefault(x['type'], {})[k] = max(seen.get(x['type'], {}).get(k, 0), x['confidence'])
            out.append(seen)
    return out


MAIL = 'From: carol@example.org\nTo: x@partner.example\nSubject: t\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n'
GAP = '\n\n' + 'The minutes of the meeting will follow next week and the room stays the same. ' * 5 + '\n\n'


def count(seen, t, least):
    return sum(1 for c in seen.get(t, {}).values() if c >= least[t])


class Texts:
    def __init__(self, types):
        self.where, self.least, good, bad = sit_packs()
        self.found = {}
        pairs = [(t, x) for t in sorted(types) for x in good.get(t, [])[:18] + bad.get(t, [])[:5]]
        for (t, x), seen in zip(pairs, ask([x for _, x in pairs])):
            self.found[x] = seen
        self.good = {t: [x for x in dict.fromkeys(good.get(t, [])[:18]) if count(self.found[x], t, self.least) >= 1] for t in types}
        self.bad = {t: list(dict.fromkeys(bad.get(t, [])[:5])) for t in types}
        self.many, self.exact = {}, {}
        keys = [(t, k) for t in sorted(types) for k in range(min(HIGH - 1, len(self.good[t])), min(len(self.good[t]), HIGH + 6) + 1)]
        for (t, k), seen in zip(keys, ask([GAP.join(self.good[t][:k]) for t, k in keys])):
            n = count(seen, t, self.least)
            self.many[t] = max(self.many.get(t, 0), n)
            self.exact.setdefault((t, n), GAP.join(self.good[t][:k]))

    def some(self, t, n):
        """A text with exactly n values of a type."""
        return self.exact.get((t, n))

    def near(self, types):
        """Near misses of the types, in which none of them is found."""
        out = []
        for t in types:
            for x in self.bad[t]:
                if all(count(self.found[x], o, self.least) == 0 for o in types):
                    out.append(x)
                    break
        return out


def quote(s):
    return json.dumps(s, ensure_ascii=False)


def wrap(items, indent):
    lines, line = [], indent
    for i, x in enumerate(items):
        x += ', ' if i < len(items) - 1 else ''
        if len(line) + len(x) > 150 and line.strip():
            lines.append(line.rstrip())
            line = indent
        line += x
    return '\n'.join(lines + [line.rstrip()])


def policy(id_, name, types, grouped):
    def leaf(t, low):
        return '{sit: {type: %s, min_unique: %d%s}}' % (t, 1 if low else HIGH, ', max_unique: %d' % (HIGH - 1) if low else '')
    out = ['  - id: ' + id_, '    description: ' + quote(name), '    mode: simulate', '    when: {direction: [outbound]}', '    rules:']
    refuse = ['          - reject:', '              text: "this message holds {{types}}: more than may leave {{organisation}} ({{policy}}, incident {{incident}})"',
              '          - incident']
    if grouped:
        out += ['      - id: content', '        description: one of each group of types', '        severity: high', '        when:', '          all:']
        for g in types:
            out += ['            - any: [' + ', '.join('{sit: {type: %s}}' % t for t in g) + ']']
        out += ['        then:'] + refuse + ['        override: {with: [justification, false-positive]}']
        return '\n'.join(out)
    for low in (True, False):
        out += ['      - id: ' + ('low-count' if low else 'high-count'),
                '        description: ' + quote('1 to 9 different values of a type to outside: the sender is told' if low
                                           else '10 and more: refused, unless the sender gives a reason'),
                '        severity: ' + ('low' if low else 'high'), '        when:', '          any:', '            [',
                wrap([leaf(t, low) for t in types], '              '), '            ]', '        then:']
        out += ['          - notify: {to: [sender], template: policy-tip}'] if low else refuse + []
        if not low:
            out += ['        override: {with: [justification, false-positive]}']
    return '\n'.join(out)


def test(name, text, *wants):
    out = ['  - name: ' + quote(name), '    client_ip: 10.0.0.1', '    mail_from: carol@example.org', '    rcpt_to: [x@partner.example]',
           '    mail: ' + quote(MAIL % text)]
    return '\n'.join(out + ['    ' + w for w in wants])


def tests(id_, types, grouped, texts):
    name = lambda s: '%s: %s' % (id_, s)  # noqa: E731
    only = lambda r: 'rules: [{policy: %s, rule: %s, mode: enforce}]' % (id_, r)  # noqa: E731
    not_ = lambda *rs: 'absent: [%s]' % ', '.join('rules.%s/%s' % (id_, r) for r in rs)  # noqa: E731
    out = []
    if grouped:
        first = [next(t for t in g if texts.good[t]) for g in types]
        both = GAP.join(texts.good[t][0] for t in first)
        out.append(test(name('one of each group'), both, 'verdict: reject', only('content')))
        out.append(test(name('one of the first group only'), texts.good[first[0]][0], not_('content')))
        out.append(test(name('one of the second group only'), texts.good[first[1]][0], not_('content')))
        return out
    t = next((t for t in types if texts.some(t, HIGH) and texts.some(t, HIGH - 1)), None)
    if t is None:
        sys.exit('%s: no type has texts with exactly %d and %d values' % (id_, HIGH - 1, HIGH))
    high, nine = texts.some(t, HIGH), texts.some(t, HIGH - 1)
    out.append(test(name('10 values of %s' % t), high, 'verdict: reject',
                    'rules: [{policy: %s, rule: high-count, mode: enforce, override: "justification,false-positive"}]' % id_,
                    'effects: [{type: incident, rule: %s/high-count, severity: high}]' % id_))
    out.append(test(name('9 values of %s' % t), nine, only('low-count'), not_('high-count'),
                    'effects: [{type: notify, rule: %s/low-count, to: [sender], template: policy-tip}]' % id_))
    for t in types[:SHOWN]:
        if texts.good[t]:
            out.append(test(name('one value of %s' % t), texts.good[t][0], only('low-count'), not_('high-count')))
    near = texts.near(types)
    if not near:
        sys.exit('%s: no near misses' % id_)
    out.append(test(name('near misses'), GAP.join(near[:SHOWN]), not_('low-count', 'high-count')))
    out.append(test(name('10 values among colleagues'), high, 'verdict: accept', 'exact: [rules]', 'rules: []').replace('x@partner.example', 'ben@example.org'))
    return out


def main():
    rows = list(table())
    flat = {id_: [t for g in types for t in g] if grouped else types for _, id_, _, types, grouped in rows}
    texts = Texts(sorted({t for ts in flat.values() for t in ts}))
    for pack, (id_, description, counts) in PACKS.items():
        folder = os.path.join(ROOT, FOLDER[pack])
        os.makedirs(folder, exist_ok=True)
        mine = [r for r in rows if r[0] == pack]
        needs = sorted({texts.where[t] for r in mine for t in flat[r[1]]})
        with open(os.path.join(folder, 'pack.yaml'), 'w', encoding='utf-8') as f:
            f.write('# yaml-language-server: $schema=../../schema/pack.schema.json\n# Written by gen/templates.py; do not edit.\nid: %s\nversion: 1.0.0\ndescription: %s\nrequires:\n%s\nlicense: Apache-2.0 AND CC-BY-4.0\n'
                    'attribution: Names of templates and the types they hold are from the documentation of Microsoft Purview (CC BY 4.0); see rules/sit/NOTICE\n'
                    % (id_, quote(description), '  [\n' + wrap(needs, '    ') + '\n  ]'))
        with open(os.path.join(folder, 'policies.yaml'), 'w', encoding='utf-8') as f:
            f.write('# yaml-language-server: $schema=../../schema/rulepack.schema.json\n# Written by gen/templates.py; do not edit.\n# %s\npolicies:\n%s\n'
                    % (counts, '\n\n'.join(policy(*r[1:]) for r in mine)))
        with open(os.path.join(folder, 'generated_test.yaml'), 'w', encoding='utf-8') as f:
            f.write('# Written by gen/templates.py; do not edit.\norganisation: {domains: [example.org], networks: [10.0.0.0/8]}\nwrite: []\n'
                    'assign: [{policy: %s/*, mode: enforce}]\ntests:\n' % id_)
            for r in mine:
                # Each template alone: its own rule decides.
                f.write('\n'.join(tests(r[1], r[3], r[4], texts)) + '\n')


if __name__ == '__main__':
    main()
