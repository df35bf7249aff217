#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The guide of a demo as visitors use it, found by visible labels. tests/e2e/console/demo.py starts
// the demo and says in WORLD (JSON) where its pages are.
//
//   every page says デモ, before and after signing in, in both languages, light and dark, and at
//   phone width; the six scenes lead to the right page as the right person; axe-core 0.
//
// SHOTS=/folder keeps screenshots. Says "N passed, N failed, N skipped" at the end.
import { PHONE, WIDE, button, check, page, person, settled, shot, shows, tell, violations, world } from './kit.mjs';

const SCENES = 6;
const bar = () => page.getByRole('complementary', { name: /^(デモの案内|Guide of the demo)$/ });

async function open(browser, viewport) {
  const context = await person(browser, viewport);
  await page.goto(`${world.base}/`);
  await bar().waitFor();
  await settled();
  return context;
}

async function isDemo(name) {
  await shows(`${name} says デモ`, async () => await bar().getByText('デモ').first().isVisible());
}

/** Before anybody is signed in, and from there to a person without a password. */
async function door() {
  await isDemo('the sign-in page');
  await violations('ja sign-in');
  await shot('sign-in');
  await page.goto(`${world.base}/#/invitation/00`);
  await isDemo('an invitation');
  await page.goto(`${world.base}/#/`);
  await page.getByLabel('見る人').selectOption({ label: '市：情報担当' });
  await page.getByRole('heading', { name: 'みずべ市 の状況' }).waitFor();
  await settled();
  await isDemo('the city');
  await page.getByLabel('見る人').selectOption({ label: '調整機関の分析者' });
  await page.getByRole('heading', { name: '事案' }).first().waitFor();
  await shows('another person, without a password', async () => (await page.locator('.desk').textContent()).includes('調整機関の分析者'));
}

/** Each scene, and each page it leads to. */
async function story(name) {
  const hits = [];
  for (let n = 1; n <= SCENES; n++) {
    await bar().getByText(`第${n}場（全${SCENES}場）`).waitFor();
    const told = await bar().locator('.demo-told li').allTextContents();
    check(`${name}: scene ${n} tells something`, told.length > 0 && told.every((line) => line.length > 5));
    const views = bar().locator('.demo-views button');
    for (let i = 0; i < (await views.count()); i++) {
      const label = await views.nth(i).textContent();
      const hash = await page.evaluate(() => location.hash);
      await views.nth(i).click();
      await page.waitForFunction((old) => location.hash !== old || document.querySelector('h1:not(.sr)'), hash);
      await page.waitForFunction((who) => document.querySelector('.desk')?.textContent.includes(who), label.split('として')[0]);
      await settled();
      await isDemo(`${name} ${label}`);
      await shows(`${name} ${label}: the page is there`, async () => (await page.getByRole('alert').count()) === 0, async () => (await page.locator('main').innerText()).slice(0, 200));
      hits.push([n, label, (await page.locator('main').innerText())]);
      await shot(`${name}-${n}-${i + 1}`);
      if (name === 'phone') check(`375 px ${label}`, (await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
    }
    if (n < SCENES) await button('次の場').click();
  }
  return hits;
}

/** What the pages show is what the scenes say. */
function judge(hits) {
  const text = (n, part) => hits.find(([at, label]) => at === n && label.includes(part))?.[2] ?? '';
  check('1: who was hit', text(1, '「事案」').includes('こがね鍍金'));
  check('2: who looked, and why', text(2, 'うちの状況').includes('調整機関の分析者') && text(2, 'うちの状況').includes('理由：VPNから本当に入られたか'), text(2, 'うちの状況').slice(0, 800));
  check('3: the question is answered', text(3, '承諾のお願い').includes('お答え：はい'));
  const [a, b] = hits.filter(([n]) => n === 4).map((h) => h[2]);
  check('4: two texts', !!a && !!b && a !== b);
  for (const one of [a, b]) check('4: no name of others', !/こがね|Kogane|kogane|ひより/.test(one ?? ''), (one ?? '').slice(0, 300));
  check('5: two calls', /出ない|留守|応答なし|つながらない/.test(text(5, '調整機関')) || text(5, '調整機関').includes('電話'), text(5, '調整機関').slice(0, 600));
  check('6: a withdrawal', text(6, '取引先').length > 0 || hits.some(([n, , t]) => n === 6 && /取消|取り消/.test(t)));
}

async function languages() {
  for (const lang of ['ja', 'en']) {
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      for (const place of ['', 'funnel', 'orgs', 'relations', 'account', 'nowhere']) {
        await page.goto(`${world.base}/?lang=${lang}#/${place}`);
        await bar().waitFor();
        await settled();
        await isDemo(`${lang} ${scheme} /${place}`);
        await violations(`${lang} ${scheme} /${place}`);
      }
      await shot(`${lang}-${scheme}`);
    }
  }
}

await tell(async (browser) => {
  let context = await open(browser, WIDE);
  await door();
  judge(await story('wide'));
  await page.getByLabel('見る人').selectOption({ label: '調整機関の分析者' });
  await page.getByRole('heading', { name: '事案' }).first().waitFor();
  await languages();
  await context.close();
  context = await open(browser, PHONE);
  await violations('ja phone');
  await story('phone');
  await context.close();
});
