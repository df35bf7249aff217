#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The hub's pages as people see them, found by visible labels. tests/e2e/console/hub.py starts the
// hub, its sensors and its people, and says in WORLD (JSON) where they are.
//
//   story   an analyst takes a situation on, a member sees who looked, agrees, declares a relation
//   tabs    eight tabs, one stream
//   pages   every page in Japanese and English: axe-core 0 violations (also dark), no sideways
//           scrolling at 375 px, no message of the browser's console
//
// SHOTS=/folder keeps screenshots. Says "N passed, N failed, N skipped" at the end.
import { createHmac } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { PHONE, WIDE, button, check, dialog, field, heading, page, person, said, settled, shot, shows, signIn, tab, tell, use, violations, walk, world } from './kit.mjs';

const inNav = async (name) => {
  const menu = button('メニュー');
  if (await menu.isVisible()) await menu.click();
  await page.getByRole('navigation', { name: 'ページ' }).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1 }).first().waitFor();
};

/** A line of an attacker nobody has seen before, in the log that a sensor follows. */
let attacks = 0;
function attack() {
  attacks++;
  const address = `192.0.2.${200 + attacks}`;
  const lines = [];
  for (let n = 0; n < 6; n++) {
    const time = `${String(12 + attacks).padStart(2, '0')}:${String(10 + n).padStart(2, '0')}:00`;
    lines.push(`${address} - - [${world.day}:${time} +0000] "GET /stock${attacks}.php?id=${n}%27%20UNION%20SELECT%20${n}-- HTTP/1.1" 200 ${900 + n} "-" "Mozilla/5.0"`);
  }
  appendFileSync(world.log, `${lines.join('\n')}\n`);
  return address;
}

async function signInWrongly() {
  await signIn('ana', 'not it');
  await page.getByRole('alert').waitFor();
  await shows('a wrong password is refused in words', async () => (await page.getByRole('alert').textContent()).length > 10);
  await violations('ja sign-in refused');
  await shot('sign-in-refused');
}

async function analyst() {
  await signInWrongly();
  await signIn('ana');
  await heading('事案').waitFor();
  await page.locator('.board a.row-link').first().waitFor();
  await page.locator('[data-live="true"]').waitFor();
  await shows('the board names who was hit', async () => (await page.locator('.board').textContent()).includes(world.names.beta));
  await shot('board');
  const links = page.locator('.board a.row-link');
  await links.first().focus();
  await page.keyboard.press('j');
  check('j goes to the next row', await links.nth(1).evaluate((e) => e === document.activeElement));
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('k');
  check('k stays at the first row', await links.first().evaluate((e) => e === document.activeElement));
  await page.getByRole('link', { name: new RegExp(world.attacker.replace(/\./g, '\\.')) }).click();
  await heading('おもな理由').waitFor();
  await page.locator('.reasons > li').nth(2).waitFor();
  await aboveTheFold();
  await shot('situation', { fullPage: false });
  await shot('situation-whole');

  await button('確認を始める').click();
  await dialog().getByLabel('理由').fill('VPNの成功を確かめる');
  await dialog().getByRole('button', { name: '確認を始める' }).click();
  await said('状態を「確認中」にしました');
  await button('自分が担当する').click();
  await said('担当になりました');
  await button('コメント').click();
  await dialog().getByLabel('コメント').fill('みなと精工に電話した。折り返し待ち。');
  await violations('ja comment');
  await dialog().getByRole('button', { name: '書き込む' }).click();
  await page.locator('.events').getByText('折り返し待ち').waitFor();
  await button('事案と確認する').click();
  await dialog().getByRole('button', { name: '事案と確認する' }).click();
  await said('状態を「事案と確認」にしました');
  await button('担当・期限・確度').click();
  await dialog().getByRole('radio', { name: /^被害組織が確認/ }).check();
  await dialog().getByLabel('誰の言葉か').fill('情報システム課（電話）');
  await shot('edit', { fullPage: false });
  await violations('ja edit');
  await dialog().getByRole('button', { name: '保存する' }).click();
  await said('保存しました');
  await page.locator('.glance').getByText('情報システム課').waitFor();
  check('certainty says whose word', true);

  await page.getByRole('button', { name: /の元の記録を見る$/ }).first().click();
  await shows('no records without a reason', async () => await button('記録を開く').isDisabled());
  await dialog().getByLabel('見る理由').fill('不審なサインインの前後を確かめるため');
  await button('記録を開く').click();
  await dialog().locator('.raw').first().waitFor();
  await shows('a raw line is shown', async () => (await dialog().locator('.raw').first().textContent()).length > 20);
  await violations('ja records');
  await shot('records', { fullPage: false });
  await page.keyboard.press('Escape');

  await page.goto(`${world.base}/#/situations/${world.both}`);
  await heading('検知').first().waitFor();
  await button('一部を分ける').click();
  await page.locator('.pick').first().check();
  await shot('split');
  await button('選んだ1件を別の事案にする').click();
  await said('分けました');
  await heading('おもな理由').waitFor();
  await page.goto(`${world.base}/#/situations/${world.both}`);
  await button('ほかの事案とまとめる').click();
  await dialog().getByLabel('相手の事案').selectOption({ index: 1 });
  await violations('ja merge');
  await dialog().getByRole('button', { name: 'まとめる' }).click();
  await said('まとめました');
  await page.locator('.events').getByText('ほかの事案をまとめました').waitFor();
  await shows('split and merge are in the history', async () => await page.locator('.events').getByText('一部を分けました').isVisible());
  await inNav('絞り込みの流れ');
  await page.locator('.funnel svg').waitFor();
  await shot('funnel');
}

/** Who was hit, the three strongest reasons, and who was told: in the tree, without scrolling. */
async function aboveTheFold() {
  await page.evaluate(() => scrollTo(0, 0));
  const boxes = await page.locator('.glance .hit-list > li, .glance .reasons > li, .glance > section:last-child p, .glance > section:last-child dd').evaluateAll((all) => all.map((e) => e.getBoundingClientRect().bottom));
  check('nothing of it needs scrolling', boxes.length >= 5 && boxes.every((b) => b <= WIDE.height), boxes.map(Math.round).join(' '));
  const tree = await page.locator('.glance').ariaSnapshot();
  check('who was hit is in the tree', tree.includes('被害を受けた組織') && tree.includes(world.names.acme));
  await shows('three reasons are in the tree', async () => (await page.locator('.reasons > li').count()) === 3 && tree.includes('おもな理由'));
  check('who was told is in the tree', tree.includes('知らせた先と受領'));
}

/** Eight tabs of one browser share one stream; when its tab goes, another opens it. */
async function tabs(context) {
  const first = page;
  const all = [first];
  const streams = [];
  const count = (one) => one.on('request', (r) => new URL(r.url()).pathname === '/api/v1/stream' && streams.push(one));
  while (all.length < 8) {
    const next = await tab(context);
    count(next);
    all.push(next);
    await next.goto(`${world.base}/#/board`);
    await next.locator('[data-live="true"]').waitFor();
  }
  check('seven more tabs open no stream', streams.length === 0, `${streams.length}`);
  await first.goto(`${world.base}/#/board`);
  let address = attack();
  await Promise.all(all.map((one) => one.getByRole('link', { name: new RegExp(address.replace(/\./g, '\\.')) }).first().waitFor()));
  check('all eight tabs show the new situation', true);
  await first.close();
  use(all[1]);
  await page.waitForFunction(() => document.querySelector('[data-live="true"]'));
  address = attack();
  await Promise.all(all.slice(1).map((one) => one.getByRole('link', { name: new RegExp(address.replace(/\./g, '\\.')) }).first().waitFor()));
  check('another tab has taken the stream over, one alone', streams.length === 1, `${streams.length}`);
  for (const one of all.slice(2)) await one.close();
}

async function member(browser) {
  const context = await person(browser, PHONE);
  await signIn('mei');
  await heading('みなと精工 の状況').waitFor();
  await page.locator('.views .view').first().waitFor();
  await shows('the member sees who looked and why', async () => (await page.locator('.views').textContent()).includes('不審なサインインの前後を確かめるため'));
  await settled();
  await shot('mine-phone');
  check('375 px of the own view', (await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
  await page.locator('.concern a').first().click();
  await heading('おもな理由').waitFor();
  await settled();
  check('nothing of others', !(await page.locator('main').textContent()).includes(world.names.beta));
  await shot('situation-phone');
  await page.goto(`${world.base}/#/mine`);
  await field('同意する人の氏名').fill('代表取締役 港 一郎');
  await page.getByLabel(/^参加条件（.*）を読みました/).check();
  await button('同意する').click();
  await page.getByText('代表取締役 港 一郎さんが').waitFor();
  check('the consent is given', true);
  await page.getByText('ハブが受領の署名をしました').first().waitFor();
  await shows('what left the house is there, batch by batch', async () => (await page.locator('main').textContent()).includes('ダイジェスト'));
  await page.getByRole('combobox', { name: /^メールの言葉/ }).selectOption('en');
  await button('保存する').click();
  await said('メールの言葉を変えました');
  await violations('ja mine');
  await shot('mine-ledger-phone');
  check('375 px with the ledger', (await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
  await inNav('取引関係');
  await button('取引関係を宣言する').click();
  await dialog().getByLabel('相手の識別子').fill('beta');
  await dialog().getByLabel('供給する側が止まると').check();
  await dialog().getByRole('radio', { name: /^出さない/ }).check();
  check('nothing is agreed to beforehand', !(await dialog().getByLabel(/^分析者がこの関係を見てよい/).isChecked()));
  await dialog().getByLabel(/^分析者がこの関係を見てよい/).check();
  await violations('ja relation');
  await shot('relation-phone', { fullPage: false });
  await dialog().getByRole('button', { name: '宣言する' }).click();
  await page.getByText('相手の確認待ち').first().waitFor();
  await shot('relations-phone');
  await imported();
  await context.close();

  const other = await person(browser);
  await signIn('bob');
  await inNav('取引関係');
  await button('確認する').click();
  await dialog().getByLabel(/^分析者がこの関係を見てよい/).check();
  await dialog().getByRole('button', { name: '確認する' }).click();
  await page.getByText('確認済み').first().waitFor();
  check('the other side confirms', true);
  await inNav('自分のアカウント');
  await button('設定する').click();
  const secret = (await page.locator('.command code').textContent()).replace(/\s/g, '');
  await field('確認コード').fill(totp(secret, 0));
  await button('有効にする').click();
  await page.getByText('二つ目の確認を設定しました').waitFor();
  await shows('ten recovery codes', async () => (await page.locator('.ids li').count()) === 10);
  const recovery = await page.locator('.ids li').first().textContent();
  codes.push(await page.locator('.ids li').nth(1).textContent(), await page.locator('.ids li').nth(2).textContent());
  await shot('second-factor');
  await button('サインアウト').click();
  await heading('サインイン').waitFor();
  await signIn('bob');
  await field('確認コード').waitFor();
  await violations('ja code');
  await field('確認コード').fill('000000');
  await button('サインイン').click();
  await page.getByRole('alert').waitFor();
  await field('確認コード').fill(recovery);
  await button('サインイン').click();
  await heading('の状況').waitFor();
  check('the second factor lets in', true);
  await other.close();

  const fresh = await person(browser);
  await page.goto(`${world.base}/#/invitation/${world.invitation}`);
  await page.getByText('佐藤 花さん').waitFor();
  await violations('ja invitation');
  await shot('invitation');
  await field('新しいパスワード必須').fill('minato no sakura ga saku');
  await page.getByLabel(/もう一度/).fill('minato no sakura ga saku');
  await button('このパスワードにする').click();
  await page.getByText('パスワードを設定しました').waitFor();
  await signIn('sato', 'minato no sakura ga saku');
  await heading('みなと精工 の状況').waitFor();
  check('an invited person comes in', true);
  await fresh.close();
}

/** From a plan to receipts: who was hit agrees, a person approves, the partner reads and acts. */
async function warn(browser) {
  const ofAnalyst = page;
  await page.goto(`${world.base}/#/board`);
  await page.getByRole('link', { name: new RegExp(world.attacker.replace(/\./g, '\\.')) }).click();
  await button('知らせの案を作る').click();
  await violations('ja plan dialog');
  await dialog().getByRole('button', { name: '案を作る' }).click();
  await heading('知らせる相手').waitFor();
  await settled();
  await shows('nothing goes out before the answer to the question', async () => (await page.locator('main').textContent()).includes('承諾をお願いしています'));
  const planAddress = page.url();
  await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
  await shows('the copy leaves the name out', async () => (await page.locator('.compare', { hasText: '取引先' }).first().textContent()).includes('伝えません'));
  await violations('ja plan');
  await shot('plan');

  const hit = await person(browser, PHONE);
  await signIn('mei');
  await page.getByRole('link', { name: '内容を見て答える' }).click();
  await heading('承諾のお願い').waitFor();
  await settled();
  await shot('question-phone');
  await page.getByRole('radio', { name: /^はい/ }).check();
  await violations('ja question');
  await button('答えを送る').click();
  await page.getByText('お答え：はい').waitFor();
  check('375 px of the question', (await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
  await hit.close();

  use(ofAnalyst);
  await page.goto(`${world.base}/#/account`);
  await page.goto(planAddress);
  await page.getByRole('button', { name: /^承認して\d+件を送る$/ }).click();
  await dialog().getByRole('button', { name: '承認して送る' }).click();
  await said('承認しました');
  await page.getByText('送信を承認').first().waitFor();
  await inNav('知らせと受領');
  await page.getByRole('row', { name: new RegExp(world.names.beta) }).first().waitFor();
  await settled();
  await violations('ja plans');
  await shot('plans');
  await automatic();

  const partner = await person(browser, PHONE);
  await signIn('bob');
  // The second factor of the story before: another recovery code.
  await field('確認コード').fill(codes.shift());
  await button('サインイン').click();
  await page.locator('.concern-title a').first().click();
  await page.getByText('防御のためにのみ利用し').first().waitFor();
  await settled();
  const text = await page.locator('main').textContent();
  check('the partner reads no name of who was hit', !text.includes('みなと') && !text.includes('acme'));
  check('375 px of the warning', (await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
  await shot('warning-phone');
  await button('内容を確認した').click();
  await said('確認したことを伝えました');
  await field('何をしたか').fill('指標を遮断し、過去30日を確かめた。該当なし。');
  await violations('ja warning');
  await button('対応したことを伝える').click();
  await said('対応を伝えました');
  await partner.close();

  use(ofAnalyst);
  await page.goto(`${world.base}/#/board`);
  await page.getByRole('link', { name: new RegExp(world.attacker.replace(/\./g, '\\.')) }).click();
  await page.locator('.counts').waitFor();
  await settled();
  await aboveTheFold();
  const told = await page.locator('.told').ariaSnapshot();
  check('warned, read, acted and who has not read are in the tree', ['知らせた', '読んだ', '対応した', 'まだ読んでいない', world.names.acme].every((w) => told.includes(w)), told);
  await shot('situation-told', { fullPage: false });
  await page.goto(planAddress);
  await page.getByRole('row', { name: new RegExp(world.names.acme) }).getByRole('button', { name: '電話を記録する' }).click();
  await dialog().getByLabel('話した人').fill('佐藤 花');
  await dialog().getByLabel('内容を確認したと言った').check();
  await violations('ja call');
  await dialog().getByRole('button', { name: '記録する' }).click();
  await said('電話を記録しました');
  await page.getByRole('row', { name: new RegExp(world.names.acme) }).getByText('電話').first().waitFor();
  await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
  await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = false; }));
  await shot('plan-sent');
  const corrected = await correct();
  await button('取り消す').click();
  await dialog().getByLabel('理由').fill('訓練の通信でした');
  await dialog().getByRole('button', { name: '取り消す' }).click();
  await said('取消しを送りました');
  await page.waitForFunction((old) => location.href !== old, corrected);
  await page.getByRole('row', { name: new RegExp(world.names.beta) }).first().waitFor();
  await settled();
  await shows('the withdrawal is a plan of its own, to all who got the first', async () => (await page.getByRole('row').count()) >= 3);
  await shot('withdrawal');
  return planAddress.split('#/')[1];
}

/** What was sent is put right: seen before and after, with who gets it; to all who got the first. */
async function correct() {
  const before = page.url();
  await button('訂正する').click();
  await shows('nothing to compare before something is another', async () => await button('訂正前後を確かめる').isDisabled());
  const indicators = dialog().getByLabel(/^攻撃指標/);
  const first = await indicators.inputValue();
  await indicators.fill(`${first}\n見覚えのない端末`);
  await dialog().getByText('どれでもありません').first().waitFor();
  await shows('a line that is no indicator holds it', async () => await button('訂正前後を確かめる').isDisabled());
  await indicators.fill(`${first}\n198.51.100.90`);
  await violations('ja correct');
  await shot('correct', { fullPage: false });
  await button('訂正前後を確かめる').click();
  await dialog().getByText('198.51.100.90').first().waitFor();
  await shows('who gets it is said', async () => (await dialog().textContent()).includes(world.names.beta));
  await violations('ja correct compared');
  await shot('correct-compared', { fullPage: false });
  await dialog().getByRole('button', { name: /組織に訂正を出す$/ }).click();
  await said('組織に訂正を出しました');
  await page.waitForFunction((old) => location.href !== old, before);
  await page.getByRole('row', { name: new RegExp(world.names.beta) }).first().waitFor();
  await settled();
  return page.url();
}

/** Rules that warn by themselves: looked up, and not switched on before people have judged enough. */
async function automatic() {
  await button('ルールを調べる').click();
  const rule = dialog().getByLabel(/^ルール/);
  await dialog().locator('datalist option').first().waitFor({ state: 'attached' });
  await rule.fill(await dialog().locator('datalist option').first().getAttribute('value'));
  await dialog().getByRole('button', { name: '調べる', exact: true }).click();
  await dialog().getByText('まだ自動にはできません').first().waitFor();
  await violations('ja automatic');
  await shot('automatic', { fullPage: false });
  await page.keyboard.press('Escape');
}

/** A list of relations from a file: wrong lines by their number, then how much would change, then taken. */
async function imported() {
  const head = 'supplier,buyer,secret_data,business_stop,system_access,consent';
  const choose = (text) => dialog().getByLabel(/^ファイル/).setInputFiles({ name: 'relations.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await button('一覧から取り込む').click();
  await choose(`${head}\nacme,beta,maybe,no,no,ask\nacme,acme,no,no,no,ask\n`);
  await button('内容を確かめる').click();
  await dialog().getByText('2 か所を直してください').first().waitFor();
  await shows('each fault has its line', async () => (await dialog().locator('tbody tr').count()) === 2 && (await dialog().locator('tbody tr').first().textContent()).includes('2'));
  await violations('ja import faults');
  await shot('import-faults-phone', { fullPage: false });
  await choose(`${head}\nacme,hokko,yes,no,yes,anonymous\nnanbu,acme,no,yes,no,ask\n`);
  await button('内容を確かめる').click();
  await dialog().getByText('2 件が変わります').first().waitFor();
  await violations('ja import');
  await shot('import-phone', { fullPage: false });
  check('375 px of the import', (await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
  await dialog().getByRole('button', { name: '2 件を登録する' }).click();
  await said('2 件を登録しました');
  await page.getByText('hokko').first().waitFor();
}

/** 相談: written down with the keyboard alone, linked to a situation, closed; it stands on the page of the situation. */
async function cases() {
  await page.goto(`${world.base}/#/board`);
  await inNav('相談');
  await heading('いま受けた相談').waitFor();
  await settled();
  await violations('ja cases');
  await shows('two fields are needed, not more', async () => (await page.locator('.case-new [required]').count()) === 2);
  await field('相談した人').focus();
  await page.keyboard.type('港 一郎');
  await page.keyboard.press('Tab');
  await page.keyboard.type('VPNの機器に見覚えのないサインインがある。どうすればよいか。');
  await page.keyboard.press('Tab');
  check('the next field is the organisation', await field('どの組織の人か').evaluate((e) => e === document.activeElement));
  await field('どの組織の人か').selectOption('acme');
  await page.keyboard.press('Tab');
  await page.keyboard.type('03-1234-5678');
  await field('関係する事案').selectOption({ index: 1 });
  await shot('case-new');
  await button('書き留める').focus();
  await page.keyboard.press('Enter');
  await said('を書き留めました');
  await page.getByRole('row', { name: /港 一郎/ }).getByText('対応中').waitFor();
  await shows('the form is empty again', async () => (await field('相談した人').inputValue()) === '');
  await page.getByRole('row', { name: /港 一郎/ }).getByRole('link').first().click();
  await heading(/^相談 \d{4}-\d{4}$/).waitFor();
  await field('書き足すこと').fill('折り返して、電源を切らないよう伝えた。');
  await button('書き足す').click();
  await page.locator('.events').getByText('電源を切らないよう').waitFor();
  await violations('ja case');
  await shot('case');
  const place = page.url().split('#/')[1];
  await page.locator('main .dl').getByRole('link', { name: '事案へ' }).click();
  await page.getByRole('heading', { name: /^この事案についての相談/ }).waitFor();
  await shows('the situation shows who asked about it', async () => (await page.getByRole('row', { name: /港 一郎/ }).count()) === 1);
  await page.goto(`${world.base}/#/${place}`);
  await button('相談を終える').click();
  await violations('ja case end');
  await dialog().getByLabel('どうなったか').fill('保守業者の作業でした。');
  await dialog().getByRole('button', { name: '相談を終える' }).click();
  await said('相談を終えました');
  await page.getByText('保守業者の作業でした。').waitFor();
  await button('対応中に戻す').click();
  await said('対応中に戻しました');
  return place;
}

/** The month of a member, printed: one page of A4. */
async function month() {
  await page.goto(`${world.base}/#/mine`);
  await heading('月の報告').waitFor();
  await field('どの月か').selectOption({ index: 1 });
  const href = await page.getByRole('link', { name: '報告を開く' }).getAttribute('href');
  for (const lang of ['ja', 'en']) {
    await page.goto(`${world.base}${href.replace(/lang=\w+/, `lang=${lang}`)}`);
    await shows(`the month has its parts (${lang})`, async () => (await page.locator('h2').count()) === 5);
    await shows(`lang of the month (${lang})`, async () => (await page.getAttribute('html', 'lang')) === lang);
    await violations(`month ${lang}`);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const pages = (pdf.match(/\/Type\s*\/Page\b/g) ?? []).length;
    check(`one page of A4 (${lang})`, pages === 1 && /MediaBox\s*\[0 0 59[45][.\d]* 84[12]/.test(pdf), `${pages} pages`);
    await shot(`month-${lang}`);
  }
}

/** Whom to tell, when to remind, an official workbook: set once, and there on the record. */
async function reportSettings(context, record, workbook) {
  const form = 'ランサムウェア事案共通様式の記載事項';
  await inNav('事案の報告');
  await page.getByRole('link', { name: '連絡先・期限の通知・公式様式' }).click();
  await page.getByRole('textbox', { name: 'サービス' }).fill('出荷');
  await field('知らせる相手').fill('港運送');
  await field('電話').fill('03-1111-2222');
  await field('様式').selectOption({ label: form });
  await button('一覧に加える').click();
  await said('一覧を保存しました');
  await field('何時間前に知らせるか').fill('72, 24');
  await button('保存する').click();
  await said('通知の設定を保存しました');
  await page.getByLabel(`Excelファイル：${form}`).setInputFiles({ name: '様式.xlsx', mimeType: 'application/octet-stream', buffer: workbook });
  await button(`取り込む：${form}`).click();
  await said('取り込みました');
  await page.getByText('様式.xlsx（').waitFor();
  await violations('ja report settings');
  await shot('report-settings');
  await page.goto(record);
  const card = () => page.locator('section.card', { has: heading('サービスに影響が出たときの連絡先') });
  await card().waitFor();
  await field('影響を受けたサービス').selectOption({ label: '出荷' });
  await card().getByText('港運送').waitFor();
  await shows('whom to tell stands there with telephone and form', async () => /03-1111-2222.*ランサムウェア/s.test(await card().textContent()), async () => await card().textContent());
  const href = await page.getByRole('link', { name: '公式の様式（Excel）' }).first().getAttribute('href');
  const file = await context.request.get(`${world.base}${href}`);
  check('the official workbook is filled', file.status() === 200 && (await file.body()).subarray(0, 2).toString() === 'PK', `${file.status()}`);
}

/** A near-miss in two minutes, then an incident: what is missing is written, a form is fetched, noted as sent. */
async function report(browser) {
  const context = await person(browser);
  await signIn('mei');
  await heading('の状況').waitFor();
  const began = Date.now();
  let entries = 0;
  const entry = async (done) => {
    await done;
    entries++;
  };
  await entry(inNav('事案の報告'));
  await entry(page.getByRole('link', { name: 'ヒヤリハットを記録する' }).click());
  await field('概要').waitFor();
  await entry(field('概要').fill('取引先を装ったメールの添付を開く前に、宛先の違いに気づいた。'));
  await entry(page.getByLabel('意図的：不審メール等の受信').check());
  await entry(field('これまでの対応').fill('メールを削除し、全員に知らせた。'));
  await entry(field('重要インフラ分野').selectOption({ label: '水道' }));
  await violations('ja near-miss');
  await shot('near-miss');
  await entry(button('記録する').click());
  await said('記録しました');
  await heading('情報連絡').waitFor();
  check('a near-miss takes at most 40 entries and two minutes', entries <= 40 && Date.now() - began < 120000, `${entries} entries, ${Date.now() - began} ms`);
  console.log(`near-miss: ${entries} entries, ${Date.now() - began} ms`);
  const card = () => page.locator('section.card', { has: page.getByRole('heading', { name: '情報連絡（所管省庁あて）' }) });
  await shows('nothing mandatory is missing for the ministry', async () => (await card().textContent()).includes('必須の項目はそろっています'), async () => await card().textContent());
  await button('提出したことを記す：情報連絡（所管省庁あて）').click();
  await said('第一報を提出済みにしました');
  await card().getByText('続報：').waitFor();

  await button('事象').click();
  await field('攻撃の種別').selectOption({ label: 'ランサムウェア' });
  await button('保存する').click();
  await said('版を保存しました');
  await button('足りない項目を書く：ランサムウェア事案共通様式の記載事項').click();
  await page.getByLabel('データの暗号化').check();
  await field('メールアドレス').fill('csirt@acme.example');
  await violations('ja report editor');
  await button('保存する').click();
  await said('版を保存しました');
  const href = await page.locator('section.card', { has: page.getByRole('heading', { name: 'ランサムウェア' }) }).getByRole('link', { name: 'Excel' }).getAttribute('href');
  const file = await context.request.get(`${world.base}${href}`);
  check('the form is a workbook', file.status() === 200 && (await file.body()).subarray(0, 2).toString() === 'PK', `${file.status()}`);
  await page.locator('section.card', { has: heading('版と変更') }).getByText('攻撃の種別：（なし） → ランサムウェア').first().waitFor();
  await shot('report');
  await reportSettings(context, page.url(), await file.body());
  await inNav('うちの状況');
  await heading('提出の期限が近い報告').waitFor();
  await shows('what is due soon is on the own view', async () => (await page.locator('section.card', { has: heading('提出の期限が近い報告') }).textContent()).includes('ランサムウェア事案共通様式'));
  await page.goBack();
  await heading('版と変更').waitFor();
  const place = page.url().split('#/')[1];
  await context.close();
  return place;
}

const codes = [];

function totp(secret, drift) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + drift));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

async function administrator(browser) {
  const context = await person(browser);
  await page.goto(world.link);
  await heading('組織').first().waitFor();
  await settled();
  await field('識別子').fill('hospital');
  await field('名称必須').fill('港町中央病院');
  await button('加える').click();
  await heading('港町中央病院').waitFor();
  check('an organisation is added', true);
  await walk('admin', ['', 'orgs', 'orgs/acme', 'account', 'nowhere']);
  await context.close();
}

await tell(async (browser) => {
  const context = await person(browser);
  await analyst();
  let ofAnalyst = page;
  await member(browser);
  const reported = await report(browser);
  use(ofAnalyst);
  const plan = await warn(browser);
  const one = await cases();
  await tabs(context);
  ofAnalyst = page;
  await administrator(browser);
  use(ofAnalyst);
  await walk('analyst', ['', 'board?state=noise', `situations/${world.situations[0]}`, `situations/${world.both}`, 'situations/ffffffffffffffffffffffffffffffff', 'warnings', plan, 'cases', 'cases?state=closed', one, 'cases/ffffffffffffffff', 'funnel', 'orgs', 'orgs/acme', 'relations', 'account']);
  await context.close();
  const own = await person(browser);
  await signIn('mei');
  await heading('の状況').waitFor();
  await month();
  await walk('member', ['', 'warnings', 'reports', 'reports/near-miss', 'reports/settings', reported, 'board', 'funnel', 'relations', 'account']);
  await button(/サインアウト|Sign out/).click();
  await page.getByRole('heading', { name: /サインイン|Sign in/ }).first().waitFor();
  await walk('nobody', ['', 'invitation/00']);
  await own.close();
});
