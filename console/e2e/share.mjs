#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// A warning shared in a collection, and feeds, as analysts do it, found by visible labels.
// tests/e2e/console/share.py starts the hub and another TAXII server, says in WORLD (JSON) where they
// are, and holds what a member's program reads then against what the page showed.
//
//   publish  what leaves is seen before; shared; it stands on the page of the plan
//   feeds    none; one with a secret that belongs to another server is refused; one that comes, one
//            that fails; asked now; removed
//   every page in Japanese and English, light and dark, 375 px: axe-core 0
//
// SHOTS=/folder keeps screenshots. Says "N passed, N failed, N skipped" at the end.
import { PHONE, button, check, dialog, field, heading, page, person, said, settled, shot, shows, signIn, tell, violations, walk, world } from './kit.mjs';

const row = (name) => page.getByRole('row', { name: new RegExp(name) });

async function publish() {
  await page.goto(`${world.base}/#/plans/${world.plan}`);
  await settled();
  await button('コレクションで共有する').click();
  await dialog().getByLabel(/^コレクション/).waitFor();
  await shows('nothing is shared before a collection is chosen', async () => await button('共有する').isDisabled());
  const names = await dialog().getByLabel(/^コレクション/).locator('option').allInnerTexts();
  check('one for nobody else is not offered', names.length === 2 && names[1] === '共有の広場（参加組織みんな）', names.join(' / '));
  await violations('ja publish');
  await dialog().getByLabel(/^コレクション/).selectOption({ index: 1 });
  await dialog().getByText('まだ何も出ていません').waitFor();
  const copy = await dialog().locator('.compare').innerText();
  check('what leaves is shown, the name is not in it', copy.includes(world.attacker) && copy.includes('伝えません'), copy.slice(0, 400));
  await violations('ja publish preview');
  await shot('publish-preview', { fullPage: false });
  await page.setViewportSize(PHONE);
  check('375 px of the preview', (await page.evaluate(() => document.documentElement.scrollWidth)) <= PHONE.width);
  await page.setViewportSize({ width: 1280, height: 800 });
  await dialog().getByRole('button', { name: '共有する', exact: true }).click();
  await said('コレクションに入れることにしました');
  const list = page.getByRole('table', { name: 'コレクションでの共有' });
  await list.getByText('共有の広場').waitFor();
  await shows('it is shared within a while', async () => {
    if (await list.getByText('共有中').count()) return true;
    await page.reload();
    await list.waitFor();
    return false;
  });
  await shot('publications');
}

async function add(name, url, more = async () => {}) {
  await button('フィードを加える').click();
  await field('名前').fill(name);
  await field('サーバーのアドレス').fill(url);
  await field('相手のコレクション').fill('c1');
  await dialog().getByLabel(/^入れるコレクション/).selectOption({ label: '共有の広場（参加組織みんな）' });
  await more();
  await dialog().getByRole('button', { name: '加える', exact: true }).click();
}

async function feeds() {
  await page.getByRole('navigation', { name: 'ページ' }).getByRole('link', { name: 'フィード', exact: true }).click();
  await heading('フィードはまだありません').or(page.getByText('フィードはまだありません')).first().waitFor();
  await violations('ja no feeds');
  await add('good', `${world.other}/good/`, async () => {
    await field('秘密のファイル名').fill('taxii.example.jp_token');
    await dialog().getByLabel(/^取扱区分のないもの/).selectOption('green');
    await violations('ja add a feed');
    await shot('feed-add', { fullPage: false });
  });
  await dialog().getByRole('alert').waitFor();
  await shows('a secret of another server is refused in words', async () => (await dialog().getByRole('alert').innerText()).includes('サーバー'));
  await violations('ja feed refused');
  await field('秘密のファイル名').fill('127.0.0.1_token');
  await dialog().getByRole('button', { name: '加える', exact: true }).click();
  await said('goodを加えました');
  await add('bad', `${world.other}/bad/`);
  await said('badを加えました');
  const comes = async (name, text) => shows(`${name}: ${text}`, async () => {
    if (await row(name).getByText(text).count()) return true;
    await page.reload();
    await row(name).first().waitFor();
    return false;
  }, async () => await row(name).first().innerText());
  await comes('good', 'うまくいっている');
  await comes('bad', '失敗している');
  await shows('why it fails is said', async () => (await row('bad').innerText()).includes('403'));
  await page.getByRole('button', { name: '今すぐ取得：good' }).click();
  await said('goodを今すぐ取りに行きます');
  await shot('feeds');
  await walk('ana', ['feeds', `plans/${world.plan}`]);
  await page.goto(`${world.base}/?lang=ja#/feeds`);
  await settled();
  await page.getByRole('button', { name: '外す：bad' }).click();
  await dialog().getByText('これまでに届いたものは残ります').waitFor();
  await violations('ja remove a feed');
  await dialog().getByRole('button', { name: '外す', exact: true }).click();
  await said('badを外しました');
  await shows('it is gone', async () => (await row('bad').count()) === 0);
}

await tell(async (browser) => {
  const context = await person(browser);
  await signIn('ana');
  await button('サインイン').waitFor({ state: 'detached' });
  await publish();
  await feeds();
  await context.close();
});
