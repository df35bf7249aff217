#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// FOR DEVELOPMENT ONLY. A stand-in for `yagura assess web` with example data in memory, in the
// shapes of docs/api.md, so that pages can be worked on without the program. It is never part of
// what is built or shipped, it keeps nothing, and no test of the program uses it.
//
//   npm run build && npm run dev     then open the address it prints; PORT=… for a fixed port
//
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CRITERIA, GROUPS, TABLES, TEMPLATES } from './data.mjs';

const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const PAGE = 'https://www.ipa.go.jp/security/scs/requirements-criteria.html';
const CSP = "default-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
const day = (offset = 0) => new Date(Date.now() + offset * 86400000).toISOString().slice(0, 10);
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');
const STATES = [['met', '満たしている', 'Met'], ['partly', '一部満たしている', 'Partly met'], ['not_met', '満たしていない', 'Not met'], ['na', '該当しない', 'Not applicable']];

let counter = 0;
const db = { assessments: new Map(), acting: null };

class Refusal extends Error {
  constructor(status, code, title, detail) {
    super(title);
    Object.assign(this, { status, code, title, detail });
  }
}

function make(body) {
  const id = `a${++counter}`;
  const a = {
    id, level: body.level || 'star3', organisation: body.organisation, official: null, created: new Date().toISOString(), revision: 1,
    scope: { revision: 0, date: null, companies: [], sites: [], networks: [], clouds: [], out: [], note: '' },
    answers: {}, disputes: {}, confirmations: {}, evidence: new Map(), experts: new Map(), results: [], facts: {}, history: [],
  };
  db.assessments.set(id, a);
  return a;
}

function changed(a, kind, key, criterion, from, to) {
  a.history.unshift({ change: a.history.length + 1, time: new Date().toISOString(), actor: db.acting ? `expert:${db.acting}` : 'local:山田 花子', kind, key, criterion, from, to });
}

const evidenceOf = (a, id) => (a.answers[id]?.evidence ?? []).map((e) => a.evidence.get(e)).filter(Boolean);
const stateOfEvidence = (e) => (e.expires && e.expires < day() ? 'expired' : 'live');

function observed(a, c) {
  const query = (c.wanted ?? []).find((w) => w[1] === 'query');
  if (!query) return 'none';
  const table = { assets: 'assets', accounts: 'accounts', patch14d: 'updates', av: 'antivirus' }[query[0]];
  if (!a.facts[table]) return 'none';
  const state = a.answers[c.id]?.state ?? 'open';
  if (query[0] === 'patch14d') return state === 'met' ? 'contradicts' : 'supports';
  return 'supports';
}

function lineOf(a, c, en) {
  const answer = a.answers[c.id];
  const evidence = evidenceOf(a, c.id);
  const k = a.confirmations[c.id];
  const due = evidence.map((e) => e.expires).filter(Boolean).sort()[0] ?? null;
  return {
    id: c.id, requirement: c.id.slice(0, c.id.lastIndexOf('-')), group: c.id.slice(0, c.id.lastIndexOf('-')), title: en ? c.en : c.title,
    state: answer?.state ?? 'open', value: null, observed: observed(a, c), evidence: evidence.length,
    stale: evidence.some((e) => stateOfEvidence(e) === 'expired'), confirmation: k ? (k.state === 'valid' ? k.decision : 'void') : null,
    by: answer?.by ?? null, date: answer?.date ?? null, effect: c.effect, effort: c.effort, review_due: due, revision: answer?.revision ?? 0,
  };
}

function countsOf(lines) {
  const n = (f) => lines.filter(f).length;
  return {
    criteria: lines.length, met: n((l) => l.state === 'met'), partly: n((l) => l.state === 'partly'), not_met: n((l) => l.state === 'not_met'),
    na: n((l) => l.state === 'na'), open: n((l) => l.state === 'open'), supported: n((l) => l.observed === 'supports' && l.state === 'met'),
    contradicted: n((l) => l.observed === 'contradicts'), stale: n((l) => l.stale),
    with_evidence: n((l) => l.state === 'met' && ((l.evidence > 0 && !l.stale) || l.observed === 'supports')),
    declared_alone: n((l) => l.state === 'met' && !((l.evidence > 0 && !l.stale) || l.observed === 'supports')),
    confirmed: n((l) => l.confirmation === 'confirmed'), returned: n((l) => l.confirmation === 'returned'),
  };
}

function headOf(a, en) {
  const counts = countsOf(CRITERIA.map((c) => lineOf(a, c, en)));
  const practice = !a.official || a.official.missing.length > 0;
  const reached = counts.met + counts.na === counts.criteria;
  return {
    id: a.id, framework: { name: 'scs-2026-03-27', urn: 'urn:example:scs', title: en ? 'SCS ★3/★4 (2026-03-27)' : 'SCS評価制度 ★3・★4（2026-03-27）' },
    level: { id: a.level, name: a.level === 'star4' ? '★4' : '★3' }, organisation: a.organisation, practice, official: a.official, counts,
    level_state: practice ? 'practice' : reached ? 'reached' : 'not reached',
    level_text: counts.confirmed === counts.criteria ? '専門家確認済み（★の取得ではありません）' : '評価基準の充足見込み（自己評価）',
    detail: {}, scope_ready: a.scope.revision > 0, review: 'expert', created: a.created, revision: a.revision, publisher_page: PAGE,
  };
}

function criterionOf(a, id, en) {
  const i = CRITERIA.findIndex((c) => c.id === id);
  if (i < 0) throw new Refusal(404, 'unknown-criterion', en ? 'There is no such criterion' : 'その評価基準はありません', id);
  const c = CRITERIA[i];
  const line = lineOf(a, c, en);
  const answer = a.answers[id] ?? null;
  const evidence = evidenceOf(a, id).map((e) => ({ ...e, state: stateOfEvidence(e) }));
  const k = a.confirmations[id] ?? null;
  return {
    ...line, official_text: a.official && !a.official.missing.includes(id) ? `（例）公式資料から取り込んだ ${id} の文言がここに入ります。` : null,
    needs_import: !a.official || a.official.missing.includes(id), publisher_page: PAGE, help: c.help, answer,
    answers: STATES.map(([s, ja, e]) => ({ id: s, name: en ? e : ja })), questions: [],
    evidence_wanted: (c.wanted ?? []).map(([wid, kind, ja, e, strength, max_age]) => {
      const isQuery = kind === 'query';
      const has = isQuery ? line.observed !== 'none' : evidence.some((x) => x.wanted?.[id] === wid);
      const alarms = line.observed === 'contradicts';
      return {
        id: wid, kind, name: en ? e : ja, strength, max_age, status: isQuery ? line.observed : has ? 'live' : 'none',
        checks: isQuery && has ? { ok: alarms ? 26 : 30, alarm: alarms ? 3 : 0, na: 0, unknown: alarms ? 1 : 0, error: 0 } : null,
        rows: isQuery && has && alarms ? [
          { resource: 'PC-014', check: 'alarm', reason: 'CVE-2026-1234: 21日' }, { resource: 'PC-022', check: 'alarm', reason: 'CVE-2026-1234: 21日' },
          { resource: 'SV-02', check: 'alarm', reason: 'CVE-2026-0999: 40日' }, { resource: 'PC-030', check: 'unknown', reason: '最後に見えたのは62日前' },
        ] : [],
      };
    }),
    evidence, refs: [{ column: 'ISO/IEC 27001', items: ['A.5.24', 'A.5.26'] }, { column: 'NIST CSF 2.0', items: ['RS.MA'] }],
    dispute: a.disputes[id] ?? null, confirmation: k, history: a.history.filter((h) => h.criterion === id && h.kind === 'answer').map((h) => ({ time: h.time, actor: h.actor, from: h.from, to: h.to, reason: '' })),
    previous: CRITERIA[i - 1]?.id ?? null, next: CRITERIA[i + 1]?.id ?? null,
    basis: sha(JSON.stringify([answer, evidence.map((e) => [e.id, e.revision])])),
  };
}

function need(request, current) {
  const tag = request.headers['if-match'];
  if (tag === undefined) throw new Refusal(428, 'precondition-required', 'If-Match が必要です', '');
  if (tag.replace(/"/g, '') !== String(current)) throw new Refusal(409, 'changed-meanwhile', 'ほかの人が先に変更しました', '読み直してください');
}

function voidConfirmation(a, id) {
  const k = a.confirmations[id];
  if (k && k.basis !== criterionOf(a, id, false).basis) k.state = 'void';
}

const routes = [];
const on = (method, pattern, handle) => routes.push([method, new RegExp(`^/api/v1${pattern.replace(/\{\w+\}/g, '([^/]+)')}$`), handle]);
const items = (list) => ({ items: list });
const A = (id) => {
  const a = db.assessments.get(id);
  if (!a) throw new Refusal(404, 'not-found', 'その評価はありません', '一覧から選んでください');
  return a;
};

const session = () => ({ actor: 'local:山田 花子', role: db.acting ? 'expert' : 'owner', organisation: '', version: '0.1.0', acting_as: db.acting, may: { answer: !db.acting, confirm: Boolean(db.acting), invite: !db.acting } });
on('GET', '/session', () => session());
on('PUT', '/session', (_, r) => { db.acting = r.body.act_as; return session(); });
on('GET', '/frameworks', (_, r) => items([
  { name: 'scs-2026-03-27', urn: 'urn:example:scs', title: r.en ? 'SCS ★3/★4 (2026-03-27)' : 'SCS評価制度 ★3・★4（2026-03-27）', description: r.en ? 'Requirements and criteria of the scheme for suppliers.' : 'サプライチェーン強化に向けたセキュリティ対策評価制度の要求事項と評価基準。', wording: 'import', levels: [{ id: 'star3', name: '★3', criteria: 81 }, { id: 'star4', name: '★4', criteria: 153 }], shipped: true, publication_date: '2026-03-27', publisher_page: PAGE },
  { name: 'security-action', urn: 'urn:example:sa', title: 'SECURITY ACTION', description: r.en ? 'A first step: five principles, 25 questions.' : 'はじめの一歩：五か条と25の問い。', wording: 'import', levels: [{ id: 'one', name: '★', criteria: 5 }, { id: 'two', name: '★★', criteria: 25 }], shipped: true, publisher_page: 'https://www.ipa.go.jp/security/security-action/' },
]));
on('GET', '/assessments', (_, r) => items([...db.assessments.values()].map((a) => headOf(a, r.en))));
on('POST', '/assessments', (_, r) => [201, headOf(make(r.body), r.en)]);
on('GET', '/assessments/{a}', ([a], r) => headOf(A(a), r.en));
on('GET', '/assessments/{a}/scope', ([a]) => A(a).scope);
on('PUT', '/assessments/{a}/scope', ([id], r) => {
  const a = A(id);
  need(r.request, a.scope.revision);
  a.scope = { ...r.body, revision: a.scope.revision + 1 };
  changed(a, 'scope', 'scope', null, null, r.body.date);
  return a.scope;
});
on('GET', '/assessments/{a}/criteria', ([id], r) => {
  const a = A(id);
  const lines = CRITERIA.map((c) => lineOf(a, c, r.en));
  return { items: lines, groups: GROUPS.map(([gid, ja, en, depth, parent]) => ({ id: gid, title: r.en ? en : ja, asked: null, depth, parent, criteria: 0, counts: {} })) };
});
on('GET', '/assessments/{a}/criteria/{c}', ([a, c], r) => criterionOf(A(a), c, r.en));
on('PUT', '/assessments/{a}/criteria/{c}/answer', ([id, c], r) => {
  const a = A(id);
  if (db.acting) throw new Refusal(403, 'not-allowed', '専門家の席では回答を変えられません', '');
  need(r.request, a.answers[c]?.revision ?? 0);
  if (r.body.state === 'na' && !r.body.reason) throw new Refusal(400, 'reason-needed', '理由が必要です', '');
  const from = a.answers[c]?.state ?? 'open';
  a.answers[c] = { value: null, reason: '', note: '', by: '', choices: {}, evidence: a.answers[c]?.evidence ?? [], ...r.body, revision: (a.answers[c]?.revision ?? 0) + 1 };
  a.revision++;
  changed(a, 'answer', c, c, from, r.body.state);
  voidConfirmation(a, c);
  return criterionOf(a, c, r.en);
});
on('PUT', '/assessments/{a}/criteria/{c}/dispute', ([id, c], r) => {
  const a = A(id);
  need(r.request, a.disputes[c]?.revision ?? 0);
  a.disputes[c] = { ...r.body, by: '山田 花子', date: day(), revision: (a.disputes[c]?.revision ?? 0) + 1 };
  changed(a, 'dispute', c, c, null, r.body);
  return criterionOf(a, c, r.en);
});
on('PUT', '/assessments/{a}/criteria/{c}/confirmation', ([id, c], r) => {
  const a = A(id);
  if (!db.acting) throw new Refusal(403, 'not-allowed', '専門家だけが確認できます', '専門家の席に替わってください');
  if (headOf(a).practice) throw new Refusal(409, 'practice', r.en ? 'Nothing can be confirmed in practice mode' : '練習中は確認できません', r.en ? 'Import the official wording first.' : '先に公式資料を取り込んでください。');
  need(r.request, a.confirmations[c]?.revision ?? 0);
  const e = a.experts.get(db.acting);
  a.confirmations[c] = { ...r.body, expert: { id: e.id, name: e.name, qualification: e.qualification, registration: e.registration }, state: 'valid', revision: (a.confirmations[c]?.revision ?? 0) + 1 };
  changed(a, 'confirmation', c, c, null, r.body);
  return criterionOf(a, c, r.en);
});
on('GET', '/assessments/{a}/evidence', ([a]) => items([...A(a).evidence.values()].map((e) => ({ ...e, state: stateOfEvidence(e) }))));
on('POST', '/assessments/{a}/evidence', ([id], r) => {
  const a = A(id);
  const e = { id: `e${++counter}`, expires: null, wanted: {}, place: '', note: '', ...r.body, file_name: null, size: 0, sha256: null, revision: 1 };
  a.evidence.set(e.id, e);
  changed(a, 'evidence', e.id, e.criteria[0] ?? null, null, { title: e.title });
  e.criteria.forEach((c) => voidConfirmation(a, c));
  return [201, { ...e, state: stateOfEvidence(e) }];
});
on('PUT', '/assessments/{a}/evidence/{e}', ([id, eid], r) => {
  const a = A(id);
  const e = a.evidence.get(eid);
  need(r.request, e.revision);
  Object.assign(e, r.body, { revision: e.revision + 1 });
  return { ...e, state: stateOfEvidence(e) };
});
on('DELETE', '/assessments/{a}/evidence/{e}', ([id, eid], r) => {
  const a = A(id);
  need(r.request, a.evidence.get(eid).revision);
  a.evidence.delete(eid);
  return [204, null];
});
on('POST', '/assessments/{a}/evidence/{e}/file', ([id, eid], r) => {
  const e = A(id).evidence.get(eid);
  Object.assign(e, { file_name: r.name, size: r.bytes.length, sha256: sha(r.bytes), bytes: undefined, revision: e.revision + 1 });
  return { ...e, state: stateOfEvidence(e) };
});
on('POST', '/assessments/{a}/official', ([id], r) => {
  const a = A(id);
  const ids = new Set(r.bytes.toString('utf8').split(/\r?\n/).slice(1).map((l) => l.split(',')[0].trim()).filter(Boolean));
  if (ids.size === 0) throw new Refusal(400, 'bad-official', r.en ? 'No wording was found in the file' : 'ファイルに文言が見つかりません', r.en ? 'Line 1: the columns id and text_ja are needed.' : '1行目：列 id と text_ja が必要です。');
  const missing = CRITERIA.map((c) => c.id).filter((c) => !ids.has(c));
  a.official = { sha256: sha(r.bytes), file_name: r.name, date: day(), missing };
  a.revision++;
  changed(a, 'official', 'official', null, null, { file_name: r.name });
  return { accepted: true, criteria: CRITERIA.length, found: CRITERIA.length - missing.length, missing, unknown: [...ids].filter((c) => !CRITERIA.some((x) => x.id === c)), sha256: a.official.sha256, file_name: r.name, matches_known_digest: false };
});
on('GET', '/assessments/{a}/facts', ([a], r) => items(TABLES.map(([table, ja, en, columns]) => ({ table, rows: 0, date: null, source: null, columns, help: r.en ? en : ja, ...(A(a).facts[table] ?? {}) }))));
on('PUT', '/assessments/{a}/facts/{t}', ([id, table], r) => {
  const a = A(id);
  const lines = r.bytes.toString('utf8').split(/\r?\n/).filter(Boolean);
  const t = TABLES.find((x) => x[0] === table);
  if (!lines[0]?.split(',').includes(t[3][0])) throw new Refusal(400, 'bad-table', r.en ? `Line 1: column ${t[3][0]} is missing` : `1行目：列 ${t[3][0]} がありません`, r.en ? 'Name the columns as explained above and try again.' : '列の説明のとおりに名前を付け、もう一度取り込んでください。');
  a.facts[table] = { rows: lines.length - 1, date: r.query.get('date'), source: r.query.get('source') };
  a.revision++;
  changed(a, 'facts', table, null, null, `${lines.length - 1}`);
  return { table, columns: t[3], help: '', ...a.facts[table] };
});
on('GET', '/assessments/{a}/next', ([id], r) => items(CRITERIA.filter((c) => ['open', 'partly', 'not_met'].includes(A(id).answers[c.id]?.state ?? 'open'))
  .sort((x, y) => y.effect - y.effort - (x.effect - x.effort) || y.effect - x.effect).slice(0, Number(r.query.get('limit') ?? 200))
  .map((c) => ({ id: c.id, title: r.en ? c.en : c.title, state: A(id).answers[c.id]?.state ?? 'open', effect: c.effect, effort: c.effort, why: c.help.why, cheap: c.help.cheap, closed_by: c.help.closed_by, reason: r.en ? 'Much effect for little effort' : '効果が大きく、手間が少ない' }))));
on('GET', '/assessments/{a}/contradictions', ([id], r) => items(CRITERIA.map((c) => lineOf(A(id), c, r.en)).filter((l) => l.observed === 'contradicts').map((l) => ({ ...l, dispute: A(id).disputes[l.id] ?? null, checks: { ok: 26, alarm: 3, na: 0, unknown: 1, error: 0 } }))));
on('GET', '/assessments/{a}/experts', ([a]) => items([...A(a).experts.values()]));
on('POST', '/assessments/{a}/experts', ([id], r) => {
  const e = { ...r.body, id: `x${++counter}`, revision: 1 };
  A(id).experts.set(e.id, e);
  changed(A(id), 'expert', e.id, null, null, { name: e.name });
  return [201, e];
});
on('PUT', '/assessments/{a}/experts/{e}', ([id, eid], r) => {
  const e = A(id).experts.get(eid);
  need(r.request, e.revision);
  return Object.assign(e, r.body, { revision: e.revision + 1 });
});
on('DELETE', '/assessments/{a}/experts/{e}', ([id, eid], r) => {
  need(r.request, A(id).experts.get(eid).revision);
  A(id).experts.delete(eid);
  return [204, null];
});
on('GET', '/assessments/{a}/official-results', ([a]) => items(A(a).results));
on('POST', '/assessments/{a}/official-results', ([id], r) => {
  const e = { ...r.body, id: `r${++counter}`, days_left: Math.round((Date.parse(r.body.valid_to) - Date.now()) / 86400000) };
  A(id).results.push(e);
  return [201, e];
});
on('GET', '/assessments/{a}/technical', () => items([]));
on('GET', '/assessments/{a}/history', ([a]) => items(A(a).history));
on('GET', '/assessments/{a}/reports/{r}', ([a, name], r) => ['html', `<!doctype html><html lang="${r.en ? 'en' : 'ja'}"><meta charset="utf-8"><title>${name}</title><main><h1>${A(a).organisation.name}: ${name}</h1><p>example</p></main></html>`]);
on('GET', '/assessments/{a}/statement', () => ({ example: true }));
on('GET', '/assessments/{a}/export', () => ({ example: true }));
on('POST', '/assessments/{a}/import', () => ({ confirmations: 12, conflicts: [{ criterion: '4-4-4-2', reason: '' }] }));
on('GET', '/templates', (_, r) => items(TEMPLATES.map(([name, ja, en, criteria]) => ({ name, title: r.en ? en : ja, file_name: `${name}.md`, criteria }))));
on('GET', '/templates/{t}', ([name]) => ['text', `# ${name}\n`]);

async function api(request, response, url) {
  const bytes = Buffer.concat(await request.toArray());
  const r = { request, bytes, query: url.searchParams, en: url.searchParams.get('lang') === 'en', body: null, name: decodeURIComponent(request.headers['x-file-name'] ?? '') };
  if (request.headers['content-type']?.startsWith('application/json') && bytes.length > 0) r.body = JSON.parse(bytes.toString('utf8'));
  for (const [method, pattern, handle] of routes) {
    const match = pattern.exec(url.pathname);
    if (!match || method !== request.method) continue;
    const reply = handle(match.slice(1).map(decodeURIComponent), r);
    if (Array.isArray(reply) && reply[0] === 'html') return answer(response, 200, 'text/html; charset=utf-8', reply[1]);
    if (Array.isArray(reply) && reply[0] === 'text') return answer(response, 200, 'text/plain; charset=utf-8', reply[1]);
    if (Array.isArray(reply)) return answer(response, reply[0], 'application/json', reply[1] === null ? '' : JSON.stringify(reply[1]));
    return answer(response, 200, 'application/json', JSON.stringify(reply));
  }
  throw new Refusal(404, 'not-found', 'ありません', url.pathname);
}

function answer(response, status, type, body) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Security-Policy': CSP, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' });
  response.end(body);
}

const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  try {
    if (url.pathname.startsWith('/api/')) return await api(request, response, url);
    const name = /^\/[a-z]+\.(html|js|css|svg)$/.test(url.pathname) ? url.pathname.slice(1) : 'index.html';
    return answer(response, 200, TYPES[name.split('.').pop()], await readFile(join(DIST, name)));
  } catch (error) {
    if (error instanceof Refusal) return answer(response, error.status, 'application/problem+json', JSON.stringify({ type: 'about:blank', status: error.status, code: error.code, title: error.title, detail: error.detail }));
    return answer(response, 500, 'application/problem+json', JSON.stringify({ type: 'about:blank', status: 500, code: 'internal', title: String(error), detail: '' }));
  }
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
