#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The pages as a person sees them, found by visible labels only:
//   story   start, scope, five answers with evidence, an observation that differs, official
//           wording, expert confirmation, the report on paper
//   pages   every page in Japanese and English: axe-core 0 violations (also dark), no sideways
//           scrolling at 320 px, no message of the browser's console
//
// Against the program:          YAGURA=/path/to/yagura node e2e/run.mjs
// Against the fixture server:   node e2e/run.mjs --fixture   (for work on the pages; proves nothing
//                               about the program)
// SHOTS=/folder keeps screenshots. CHROMIUM=/path names another browser. Says "N passed, N failed,
// N skipped" at the end.
//
import axe from 'axe-core';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const HERE = dirname(fileURLToPath(import.meta.url));
const isFixture = process.argv.includes('--fixture');
const shots = process.env.SHOTS ?? '';
const WAIT_MS = 90000; // of a machine that does much else; what comes, comes at once
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--lang=ja'];
let passed = 0;
let failed = 0;

function check(name, isGood, more = '') {
  if (isGood) passed++;
  else failed++;
  if (!isGood) console.log(`FAILED ${name} ${more}`);
}

/** Start the server; resolves to the address it prints. */
function start(folder) {
  const command = isFixture ? [process.execPath, [join(HERE, '..', 'dev', 'server.mjs')]] : [process.env.YAGURA ?? 'yagura', ['assess', 'web', '--db', join(folder, 'assessment.db')]];
  const child = spawn(command[0], command[1], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: folder } });
  let text = '';
  const address = new Promise((resolve, reject) => {
    const look = (bytes) => {
      text += bytes;
      const found = /https?:\/\/(?:127\.0\.0\.1|localhost):\d+\/\S*/.exec(text);
      if (found) resolve(found[0]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
  return { child, address };
}

let page;
let shotN = 0;

async function shot(name, options = {}) {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  await settled().catch(() => {});
  await page.screenshot({ path: join(shots, `${String(++shotN).padStart(2, '0')}-${name}.png`), fullPage: true, ...options });
}

const button = (name) => page.getByRole('button', { name, exact: true });
const radio = (name) => page.getByRole('radio', { name: new RegExp(`^${name}`) });
const field = (name) => page.getByLabel(new RegExp(`^${name}`));
const heading = (name) => page.getByRole('heading', { name });
const inNav = async (name) => {
  const menu = page.getByRole('button', { name: 'メニュー' });
  if (await menu.isVisible()) await menu.click();
  await page.getByRole('navigation', { name: '評価のページ' }).getByRole('link', { name }).click();
  await heading(name).first().waitFor();
};
const said = (text) => page.getByRole('status').getByText(text).first().waitFor();
const day = (offset) => new Date(Date.now() + offset * 86400000).toISOString().slice(0, 10);

async function openCriterion(id) {
  await inNav('評価基準');
  const search = page.getByLabel('番号・言葉で探す');
  await search.fill(id);
  await page.getByRole('link', { name: new RegExp(`^${id.replace(/[-.]/g, '\\$&')}(?![-0-9])`) }).first().click();
  await heading('求められていること').waitFor();
}

async function answer(id, state, evidence) {
  await openCriterion(id);
  for (const part of ['求められていること', 'なぜ必要か', 'いちばん手軽なやり方', '根拠になるもの']) {
    check(`${id} says: ${part}`, await heading(part).isVisible());
  }
  if (evidence) {
    await button('根拠を付ける').click();
    const drawer = page.getByRole('dialog');
    await drawer.getByLabel('根拠の名称').fill(evidence.title);
    await drawer.getByLabel('管理する人').fill('総務 佐藤');
    await drawer.getByLabel('見直しの期限').fill(day(evidence.days));
    await drawer.getByLabel('保管場所').fill('共有フォルダー「規程」');
    await drawer.getByLabel('ファイル').setInputFiles({ name: evidence.file, mimeType: 'text/plain', buffer: Buffer.from(`${evidence.title}\n`) });
    if (id === '1-2-1-2') await shot('evidence-drawer', { fullPage: false });
    await drawer.getByRole('button', { name: 'この根拠を付ける' }).click();
    await drawer.waitFor({ state: 'detached' });
    await page.getByText(evidence.title).first().waitFor();
  }
  await radio(state).check();
  await field('回答した人').fill('山田 花子');
  await field('メモ').fill('年度初めに見直す');
  await button('回答を保存する').click();
  await said(`${id} の回答を保存しました`);
  // What was attached before stays attached to the answer.
  await page.getByText(evidence && state === '満たしている' ? '満たしている（根拠あり）' : state, { exact: true }).first().waitFor();
  if (evidence) check(`${id} keeps its evidence`, await page.getByRole('region', { name: '根拠', exact: true }).getByRole('link', { name: evidence.file }).isVisible());
}

const ANSWERED = ['1-2-1-1', '1-2-1-2', '1-2-1-3', '1-3-1-1', '4-4-4-2'];

/** The story of one small firm. Returns its assessment and a criterion that is open. */
async function story(address) {
  await page.goto(address);
  await heading('自社のセキュリティ対策を確かめる').waitFor();
  await shot('start-empty');
  await field('組織の名称').fill('株式会社みなと精工');
  await field('法人番号').fill('1234567890123');
  await button('評価を始める').click();
  await page.getByText('検査用の数字が合いません').waitFor();
  check('a wrong check digit is refused', true);
  await field('法人番号').fill('7000012050002');
  await button('評価を始める').click();
  await heading('株式会社みなと精工').waitFor();
  check('practice is said', await page.getByText('練習', { exact: true }).first().isVisible());
  await shot('overview-new');

  await inNav('適用範囲');
  await button('会社を加える').click();
  await field('会社の名称').fill('株式会社みなと精工');
  await button('拠点を加える').click();
  await field('拠点の名称').first().fill('本社・工場');
  await field('人数').first().fill('24');
  await button('拠点を加える').click();
  await field('拠点の名称').nth(1).fill('大阪営業所');
  await field('人数').nth(1).fill('6');
  await button('ネットワークを加える').click();
  await field('ネットワークの名称').fill('社内LAN');
  await button('クラウドサービスを加える').click();
  await field('サービスの名称').fill('グループウェア');
  await field('用途').fill('メール、予定表、ファイル共有');
  await button('対象外のものを加える').click();
  await field('対象外のものの名称').fill('工作機械の制御システム');
  await field('外す理由').fill('制度の対象外（製造の制御）');
  await field('内側と触れるところ').fill('加工データの受渡し用パソコン');
  // Leaving with unsaved edits asks first.
  await page.getByRole('navigation', { name: '評価のページ' }).getByRole('link', { name: '次の一歩' }).click();
  await heading('保存していない変更があります').waitFor();
  await button('このページに残る').click();
  await button('適用範囲を保存する').click();
  await said('適用範囲を保存しました');
  check('the scope is drawn', await page.getByRole('img', { name: '適用範囲の図' }).isVisible());
  await shot('scope');

  const evidence = (title, file, days) => ({ title, file, days });
  await answer('1-2-1-1', '満たしている', evidence('役割分担表 2026年度版', 'roles.txt', 300));
  await shot('criterion-answered');
  await answer('1-2-1-2', '満たしている', evidence('緊急連絡先一覧 第3版', 'contacts.txt', 120));
  await answer('1-2-1-3', '一部満たしている', evidence('連絡先の確認記録', 'check.txt', 60));
  await answer('1-3-1-1', '満たしている', evidence('情報セキュリティ方針', 'policy.txt', 365));
  await answer('4-4-4-2', '満たしている', evidence('更新の手順書', 'update.txt', 200));

  await inNav('一覧表の取込み');
  await shot('facts');
  const updates = page.getByRole('region', { name: '更新と脆弱性' }).first();
  await updates.locator('summary').filter({ hasText: '取り込む' }).click();
  await updates.getByLabel('CSVファイル').setInputFiles({ name: 'broken.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
  await updates.getByLabel('どこから得たか').fill('資産管理ソフトの書き出し');
  await updates.getByRole('button', { name: '取り込む' }).click();
  await page.getByText('取り込めませんでした').waitFor();
  check('a broken list is refused with its place', await page.getByText(/1行目|行/).first().isVisible());
  const machines = page.getByRole('region', { name: '機器の一覧' });
  await machines.locator('summary').filter({ hasText: '取り込む' }).click();
  await machines.getByLabel('CSVファイル').setInputFiles({ name: 'assets.csv', mimeType: 'text/csv', buffer: Buffer.from('asset,kind\r\nPC-014,pc\r\nPC-015,pc\r\n') });
  await machines.getByLabel('どこから得たか').fill('手作業の台帳');
  await machines.getByRole('button', { name: '取り込む' }).click();
  await said('「機器の一覧」を取り込みました');
  const rows = ['asset,vuln,title,cvss,published,applied,checked', `PC-014,CVE-2026-1234,重要な更新,9.8,${day(-60)},,${day(-1)}`, `PC-015,CVE-2026-1234,重要な更新,9.8,${day(-60)},${day(-55)},${day(-1)}`];
  await updates.getByLabel('CSVファイル').setInputFiles({ name: 'updates.csv', mimeType: 'text/csv', buffer: Buffer.from(`${rows.join('\r\n')}\r\n`) });
  await updates.getByRole('button', { name: '取り込む' }).click();
  await said('「更新と脆弱性');

  await inNav('申告と観測の不一致');
  await page.getByText('4-4-4-2').first().waitFor();
  await shot('contradictions');
  const choices = page.getByRole('group', { name: 'どちらでしたか' }).first();
  check('both ways out are offered', (await choices.getByRole('radio').count()) === 2);
  await choices.getByRole('radio', { name: /^観測が誤っている/ }).check();
  await field('そう判断した理由').first().fill('PC-014 は9月に廃棄しました。一覧表の更新漏れです。');
  await button('判断を記録する').first().click();
  await said('判断を記録しました');
  await page.getByText('判断済み').first().waitFor();
  check('the decision is kept', true);

  await inNav('公式資料の取込み');
  const id = new URL(page.url()).hash.split('/')[2];
  const ids = await page.evaluate(async (a) => (await (await fetch(`/api/v1/assessments/${a}/criteria?limit=1000`)).json()).items.map((l) => l.id), id);
  const official = (list) => Buffer.from(`id,text_ja\n${list.map((i) => `${i},試験用の文言 ${i}`).join('\n')}\n`);
  await field('公式資料のファイル').setInputFiles({ name: 'official-short.csv', mimeType: 'text/csv', buffer: official(ids.slice(1)) });
  await button('読み込む').click();
  await page.getByText('文言が足りません').first().waitFor();
  check('the missing id is named and practice goes on', (await page.getByText(ids[0], { exact: true }).first().isVisible()) && (await page.getByRole('note').isVisible()));
  await shot('official-missing');
  await field('公式資料のファイル').setInputFiles({ name: 'official.csv', mimeType: 'text/csv', buffer: official(ids) });
  await button('読み込む').click();
  await page.getByText('文言がすべてそろいました').waitFor();
  await page.getByRole('note').waitFor({ state: 'detached' });
  check('practice ends', true);

  await inNav('専門家の確認');
  await button('専門家を招く').click();
  await field('氏名').fill('鈴木 一郎');
  await field('登録番号').fill('第012345号');
  await field('登録の有効期限').fill(day(500));
  await button('この専門家を招く').click();
  await said('招待を保存しました');
  await button('専門家の席に替わる').click();
  await heading('確認する評価基準').waitFor();
  await page.getByRole('button', { name: /^1-2-1-2 / }).click();
  await radio('確認する').check();
  await field('見たもの').fill('緊急連絡先一覧 第3版（紙と共有フォルダー）');
  await shot('desk');
  await button('判断を記録する').click();
  await said('1-2-1-2 を確認しました');
  await page.getByRole('button', { name: /^1-2-1-3 / }).click();
  await radio('差し戻す').check();
  await field('見たもの').fill('連絡先の確認記録');
  await field('助言').fill('半年ごとに確かめ、日付を残してください。');
  await button('判断を記録する').click();
  await said('1-2-1-3 を差し戻しました');
  await button('自社の席に戻る').click();
  await heading('招いている専門家').waitFor();
  await openCriterion('1-2-1-2');
  check('the confirmation is shown', await page.getByText('専門家が確認').first().isVisible());
  await shot('criterion-confirmed');

  await inNav('報告書');
  await shot('reports');
  const [paper] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: '経営者への報告（1ページ）を開いて印刷する' }).click()]);
  await paper.waitForLoadState();
  check('the report names the firm', (await paper.textContent('body'))?.includes('株式会社みなと精工') ?? false);
  const pdf = await paper.pdf({ format: 'A4' });
  check('the report is printed', pdf.subarray(0, 5).toString() === '%PDF-');
  if (shots) {
    await writeFile(join(shots, 'management.pdf'), pdf);
    await paper.screenshot({ path: join(shots, 'management.png'), fullPage: true });
  }
  await paper.close();
  return { id, open: ids.find((i) => !ANSWERED.includes(i)) };
}

async function violations(name) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations);
  check(`axe ${name}`, found.length === 0, found.map((v) => `\n    ${v.id}: ${v.help}\n      ${v.nodes.slice(0, 4).map((n) => `${n.html.slice(0, 140)} ${n.any.map((a) => a.message).join('; ').slice(0, 160)}`).join('\n      ')}`).join(''));
}

async function settled() {
  await page.waitForFunction(() => !document.querySelector('.loading') && document.querySelector('h1:not(.sr)'), null, { timeout: WAIT_MS });
}

async function pages(base, id) {
  const places = ['', `a/${id}`, ...['scope', 'criteria', 'criteria/1-2-1-2', 'criteria/4-4-4-2', 'criteria/5-1-1-1', 'next', 'contradictions', 'facts', 'desk', 'reports', 'official', 'exchange', 'history', 'nowhere'].map((p) => `a/${id}/${p}`)];
  for (const lang of ['ja', 'en']) {
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width: 1280, height: 900 });
      for (const place of places) {
        const name = `${lang} ${scheme} /${place.replace(id, 'ID')}`;
        await page.goto(`${base}/?lang=${lang}#/${place}`);
        await settled();
        await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
        await settled();
        check(`lang of ${name}`, (await page.getAttribute('html', 'lang')) === lang);
        await violations(name);
        await shot(`${lang}-${scheme}-${place.replace(/\W+/g, '_') || 'start'}`);
        if (scheme === 'dark') continue;
        await page.setViewportSize({ width: 320, height: 640 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        check(`320 px ${name}`, wide <= 320, `is ${wide} px wide`);
        await shot(`${lang}-phone-${place.replace(/\W+/g, '_') || 'start'}`);
        await page.setViewportSize({ width: 1280, height: 900 });
      }
    }
  }
  // The drawer, keys and the expert's desk have states of their own.
  await page.emulateMedia({ colorScheme: 'light' });
  for (const [lang, word] of [['ja', '根拠を付ける'], ['en', 'Attach evidence']]) {
    await page.goto(`${base}/?lang=${lang}#/a/${id}/criteria/1-2-1-2`);
    await settled();
    await button(word).click();
    await page.getByRole('dialog').waitFor();
    await violations(`${lang} drawer`);
    await page.setViewportSize({ width: 320, height: 640 });
    check(`320 px ${lang} drawer`, await page.evaluate(() => document.querySelector('dialog .dialog-body').scrollWidth <= 320));
    await shot(`${lang}-phone-drawer`, { fullPage: false });
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    check(`Esc closes the drawer (${lang})`, true);
    await page.waitForFunction((w) => document.activeElement?.textContent?.includes(w) ?? false, word);
    check(`focus goes back (${lang})`, true);
  }
  await page.goto(`${base}/?lang=ja#/a/${id}/criteria/1-2-1-3`);
  await settled();
  await radio('満たしていない').waitFor();
  await page.keyboard.press('3');
  await page.locator('label.is-on', { hasText: '満たしていない' }).waitFor();
  check('a key chooses a state', await radio('満たしていない').isChecked());
  await page.keyboard.press('1');
  await page.keyboard.press(']');
  await heading('保存していない変更があります').waitFor();
  check('unsaved edits are kept from the keyboard too', true);
  await violations('ja leaving');
  await button('保存せずに移動する').click();
  await page.waitForFunction(() => !location.hash.endsWith('1-2-1-3'));
  await page.emulateMedia({ media: 'print' });
  await shot('print-criterion');
  await page.emulateMedia({ media: 'screen' });
}

/** Two people: a change made behind the page's back leads to a choice, and nothing is lost. */
async function conflict(base, id, open) {
  await page.goto(`${base}/?lang=ja#/a/${id}/criteria/${open}`);
  await settled();
  await radio('一部満たしている').check();
  await field('回答した人').fill('山田 花子');
  await page.evaluate(async ([a, c]) => {
    const path = `/api/v1/assessments/${a}/criteria/${c}/answer`;
    const now = await (await fetch(path.replace('/answer', ''))).json();
    const body = { state: 'not_met', value: null, reason: '', note: '別の人', by: '田中', date: new Date().toISOString().slice(0, 10), evidence: [], choices: {} };
    await fetch(path, { method: 'PUT', headers: { 'Content-Type': 'application/json', 'If-Match': `"${now.answer?.revision ?? 0}"` }, body: JSON.stringify(body) });
  }, [id, open]);
  await button('回答を保存する').click();
  await page.getByText('ほかの人が先に変更していました').first().waitFor();
  check('both versions are shown', (await page.getByText('別の人').first().isVisible()) && (await button('自分の入力で保存する').isVisible()));
  await violations('ja conflict');
  await shot('conflict');
  await button('自分の入力で保存する').click();
  await said(`${open} の回答を保存しました`);
  check('the chosen version is kept', await radio('一部満たしている').isChecked());
}

const folder = await mkdtemp(join(tmpdir(), 'console-'));
const server = start(folder);
let browser;
try {
  const address = await server.address;
  browser = await chromium.launchPersistentContext(join(folder, 'profile'), { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS, headless: true, locale: 'ja-JP', viewport: { width: 1280, height: 900 } });
  page = browser.pages()[0] ?? (await browser.newPage());
  page.setDefaultTimeout(WAIT_MS);
  const noise = [];
  page.on('console', (m) => m.type() === 'error' && noise.push(m.text()));
  page.on('pageerror', (e) => noise.push(String(e)));
  const { id, open } = await story(address);
  const base = new URL(page.url()).origin;
  await conflict(base, id, open);
  await pages(base, id);
  // Refusals the story provokes are answers with a status, not faults of the pages.
  const faults = noise.filter((n) => !/status of (400|404|409)/.test(n));
  check('nothing in the browser’s console', faults.length === 0, faults.slice(0, 5).join('\n'));
} catch (error) {
  failed++;
  console.log(`FAILED: ${error.stack ?? error}`);
  if (page) {
    await shot('failed').catch(() => {});
    console.log((await page.locator('main').innerText().catch(() => '')).slice(0, 1500));
  }
} finally {
  await browser?.close();
  server.child.kill();
  await rm(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed ? 1 : 0;
