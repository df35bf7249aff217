#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// 連絡網, 疎通確認訓練 and 情報提供 as people use them, found by visible labels.
// tests/e2e/console/drill.py starts the hub, a mail server and a webhook, says in WORLD (JSON) where
// they are, and holds what the pages counted (the file of world.counted) against what those two saw.
//
//   a table with faults, then right; a drill in at most 12 entries, live to its end; who did not get
//   it is corrected and drilled alone; a provision; one that is stopped; the keyboard alone
//   every page in Japanese and English, light and dark, 375 px: axe-core 0
//
// SHOTS=/folder keeps screenshots. Says "N passed, N failed, N skipped" at the end.
import { writeFile } from 'node:fs/promises';
import { PHONE, WAIT_MS, button, check, dialog, field, heading, page, person, said, settled, shot, shows, signIn, tell, use, violations, walk, world } from './kit.mjs';

const ENTRIES_MAX = 12;
const counted = []; // what each plan's page said in the end

const inNav = async (name) => {
  await page.getByRole('navigation', { name: 'ページ' }).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
};

async function enter(login) {
  await signIn(login);
  await button('サインイン').waitFor({ state: 'detached' });
}

/** The rows of the table of stages: [stage, recipients, sent, received, acknowledged, causes]. */
async function stages() {
  return page.locator('.stages tbody tr').evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('.cell')].map((c) => c.innerText.trim())));
}

/** Waits until the table of stages says so: the page looks by itself, nobody reloads it. */
async function stagesSay(wanted) {
  await page.waitForFunction((text) => JSON.stringify([...document.querySelectorAll('.stages tbody tr')].map((row) => [...row.querySelectorAll('.cell')].slice(1, 5).map((c) => Number(c.innerText)))) === text, JSON.stringify(wanted), { timeout: WAIT_MS })
    .catch(async () => check(`the stages say ${JSON.stringify(wanted)}`, false, JSON.stringify(await stages())));
}

async function note(kind) {
  const title = await page.locator('#page-title').innerText();
  counted.push({ kind, number: title.split(' ').pop(), stages: (await stages()).map((row) => row.slice(1, 5).map(Number)), place: page.url().split('#/')[1] });
}

/** 連絡網: empty, a table with faults, the same put right. */
async function tree() {
  await inNav('疎通確認訓練');
  await page.getByText('連絡網がまだありません').waitFor();
  await violations('ja drills without a tree');
  await shot('no-tree');
  await page.getByRole('link', { name: '連絡網を作る' }).click();
  await page.getByText('連絡網はまだ空です').waitFor();
  await page.getByLabel('表', { exact: true }).fill(world.table.replace(/,webhook,[^\n]*/, ',fax,') + 'nowhere,どこか,operator,sep-a,mail,a@b.example\n');
  await button('確かめる').click();
  await page.getByRole('alert').waitFor();
  const faults = await page.getByRole('alert').innerText();
  check('a wrong line is said with its number', /\d+ ?行目/.test(faults) && faults.includes('fax'), faults);
  await violations('ja table with faults');
  await shot('table-faults');
  await page.getByLabel('表', { exact: true }).fill(`${world.table}nowhere,どこか,operator,sep-a,mail,a@b.example\n`);
  await button('確かめる').click();
  await page.getByRole('alert').getByText(new RegExp(`${world.lines + 1} ?行目`)).waitFor();
  await shows('an organisation that is not at this hub is said with its line', async () => (await page.getByRole('alert').innerText()).includes('id'));
  // As an office program in Japan writes it: CP932.
  await field('ファイルから読む').setInputFiles({ name: '連絡網.csv', mimeType: 'text/csv', buffer: Buffer.from(world.cp932, 'base64') });
  await page.getByText('連絡網.csvから読みました').waitFor();
  await shows('the names of the file are readable', async () => (await page.getByLabel('表', { exact: true }).inputValue()).includes('総務省'));
  await button('確かめる').click();
  await page.getByText('まだ取り込んでいません').waitFor();
  await violations('ja table to take');
  await shot('table-right');
  await button('この表のとおりにする').click();
  await said('連絡網を表のとおりにしました');
  await page.locator('.net').getByText(world.names['op-a1']).waitFor();
  await shows('everybody stands in the tree', async () => (await page.locator('.net .net-stage').count()) === world.lines - 1);
  await settled();
  await shot('tree');
}

/** A drill, by the labels a person reads; each click, choice and text is one entry. */
async function drill() {
  await page.goto(`${world.base}/#/board`);
  let entries = 0;
  const entry = async (done) => {
    await done;
    entries++;
  };
  await entry(inNav('疎通確認訓練'));
  await entry(page.getByLabel('予告なし').check());
  await entry(field('送る範囲').selectOption({ label: `連絡網のすべて（${world.lines - 1}組織）` }));
  await entry(field('受領を待つ時間').selectOption({ label: '2 時間' }).catch(() => field('受領を待つ時間').selectOption('7200')));
  await entry(page.getByLabel(/^通常/).check());
  await violations('ja drill to prepare');
  await shot('drill-new');
  await entry(button('準備する').click());
  await page.getByText('まだ何も送っていません').waitFor();
  await page.getByRole('row', { name: new RegExp(world.names['op-a1']) }).waitFor();
  await settled();
  await violations('ja drill not begun');
  await shot('drill-draft');
  await entry(button('訓練を始める').click());
  await said('訓練を始めました');
  check(`a drill is started in at most ${ENTRIES_MAX} entries`, entries <= ENTRIES_MAX, `${entries}`);
  console.log(`drill: ${entries} entries`);
  await stagesSay(world.expected);
  await page.getByText('進行中').first().waitFor();
  const rows = await stages();
  const causes = rows.map((r) => r[5]).join('|');
  check('causes are told at their stage', rows[2][5].includes('相手に断られた：1') && causes.includes('上の段階に届いていない：1') && causes.includes('だれも見ていない：1'), causes);
  await page.getByRole('heading', { name: /^直す連絡先（2件）$/ }).waitFor();
  await page.getByText('550').first().waitFor();
  await violations('ja drill under way');
  await shot('drill-going');
  return page.url().split('#/')[1];
}

/** A person of one organisation says that it was read; the analyst's page sees it by itself. */
async function acknowledged(browser) {
  const ofAnalyst = page;
  const context = await person(browser, PHONE);
  await enter('p-op-a1');
  await page.getByRole('link', { name: /^疎通確認訓練/ }).first().click();
  await page.getByText('実際に起きたことではありません').first().waitFor();
  await settled();
  await violations('ja drill at a member');
  await shot('member-phone');
  await button('内容を確認した').click();
  await said('確認したことを伝えました');
  await context.close();
  use(ofAnalyst);
  await stagesSay(world.expected.map((row, i) => (i === 2 ? [...row.slice(0, 3), 1] : row)));
  check('who has answered is no longer among those who have not', (await page.getByRole('heading', { name: /^受領確認がまだの相手/ }).count()) === 1
    && (await page.getByRole('region', { name: /^受領確認がまだの相手/ }).getByRole('row', { name: new RegExp(world.names['op-a1']) }).count()) === 0);
}

/** Around the one that has no way; then the contact that was refused is corrected, and drilled alone. */
async function corrected(place) {
  await button('待たずに下へ送る（1組織）').click();
  await violations('ja around');
  await dialog().getByRole('button', { name: '待たずに送る' }).click();
  await said('待たずに送ります');
  await stagesSay(world.around);
  await note('drill');
  const href = await page.getByRole('link', { name: '印刷用の結果を開く' }).getAttribute('href');
  for (const lang of ['ja', 'en']) {
    await page.goto(`${world.base}${href.replace(/lang=\w+/, `lang=${lang}`)}`);
    const text = await page.locator('body').innerText();
    check(`the page on paper names whom to correct (${lang})`, text.includes(world.names['op-b1']) && text.includes('gone@op-b1.example'), text.slice(0, 400));
    await violations(`paper ${lang}`);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    check(`it is A4 (${lang})`, /MediaBox\s*\[0 0 59[45][.\d]* 84[12]/.test(pdf));
    await shot(`paper-${lang}`);
  }
  await page.goto(`${world.base}/#/tree`);
  await page.getByText('届かなかった連絡先が2件あります').waitFor();
  await settled();
  await shot('tree-corrections');
  await page.getByRole('region', { name: /^直す連絡先/ }).getByRole('button', { name: `${world.names['op-b1']}の連絡先を直す` }).click();
  await dialog().getByText('相手に断られた').waitFor();
  await violations('ja contact');
  await shot('contact', { fullPage: false });
  await dialog().getByLabel('連絡先のメール').fill('desk@op-b1.example');
  await dialog().getByRole('button', { name: 'この連絡先にする' }).click();
  await said('連絡先を直しました');
  await page.getByRole('row', { name: new RegExp(world.names['op-b1']) }).getByRole('link', { name: 'ここだけ訓練する' }).click();
  await heading('訓練を準備する').waitFor();
  await shows('the branch is chosen already', async () => (await field('送る範囲').inputValue()) === 'op-b1');
  // With the keyboard alone.
  await page.getByLabel('予告なし').focus();
  await page.keyboard.press('ArrowDown');
  await shows('arrow keys choose', async () => await page.getByLabel('予告あり').isChecked());
  await button('準備する').focus();
  await page.keyboard.press('Enter');
  await page.getByText('まだ何も送っていません').waitFor();
  await button('訓練を始める').focus();
  await page.keyboard.press('Enter');
  await stagesSay([[1, 1, 1, 0]]);
  await note('drill');
  check('another plan than the first', counted[0].number !== counted[1].number && place !== counted[1].place);
}

/** Written, looked at as it is read, sent to all at once. */
async function provision() {
  await inNav('情報提供');
  await settled();
  await field('件名').fill('東都水道局への不審な接続');
  await field('してほしいこと').fill('通信記録で下の宛先を探してください。\n見つけたら調整役に電話してください。');
  await field('攻撃指標').fill('hxxps://evil[.]example/a\n203.0.113.9\nこれは指標ではない');
  await page.getByText('攻撃指標として読めない行があります').waitFor();
  await shows('what is no indicator is not sent', async () => await button('送る文を確かめる').isDisabled());
  await violations('ja provision with a wrong line');
  await shot('provision-wrong');
  await field('攻撃指標').fill('hxxps://evil[.]example/a\n203.0.113.9');
  await field('取扱区分（TLP）').selectOption('green');
  await page.getByLabel(/^大規模/).check();
  await shot('provision-new');
  await button('送る文を確かめる').click();
  await page.getByText('まだ何も送っていません').waitFor();
  await page.locator('.compare').first().waitFor();
  await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
  const copy = await page.locator('.compare').first().innerText();
  check('the title stays at the hub', copy.includes('東都水道局') && /伝えません/.test(copy), copy.slice(0, 300));
  await violations('ja provision not sent');
  await shot('provision-draft');
  await button('送る').click();
  await said('送り始めました');
  await stagesSay(world.provided);
  await note('provision');
  await shot('provision-sent');
}

/** One that nobody begins, and one that is stopped on its way. */
async function stopped() {
  await inNav('疎通確認訓練');
  await page.getByLabel('予告あり').check();
  await button('準備する').click();
  await button('送らない').click();
  await said('送らないことにしました');
  await page.getByLabel('予告あり').check();
  await field('送る範囲').selectOption('sep-c');
  await button('準備する').click();
  await button('訓練を始める').click();
  await stagesSay([[1, 1, 0, 0], [1, 0, 0, 0]]);
  await button('止める').click();
  await violations('ja stop');
  await dialog().getByRole('button', { name: '止める' }).click();
  await said('止めました');
  await page.getByText('途中で止めた').first().waitFor();
  await shows('what is stopped cannot be stopped again', async () => (await button('止める').count()) === 0);
  await note('drill');
  await inNav('疎通確認訓練');
  const list = page.getByRole('table', { name: 'これまでの訓練' });
  await list.getByText('送らなかった').waitFor();
  await shows('all drills are in the list', async () => (await list.getByRole('row').count()) === 5, async () => `${await list.getByRole('row').count()}`);
  await shot('drills');
}

await tell(async (browser) => {
  const context = await person(browser);
  await enter('ana');
  await tree();
  const place = await drill();
  await acknowledged(browser);
  await corrected(place);
  await provision();
  await stopped();
  await walk('ana', ['tree', 'drills', counted[0].place, 'provisions', counted[2].place, 'drills/ffffffffffffffff']);
  await context.close();
});
await writeFile(world.counted, JSON.stringify(counted));
