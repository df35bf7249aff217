// SPDX-License-Identifier: Apache-2.0
//
// What the stories of the hub's pages share (hub.mjs, drill.mjs, demo.mjs): one browser, the page
// that is looked at, words of people for what is on it, and the closing line.
//
// WORLD (JSON) says where the pages are. SHOTS=/folder keeps screenshots.
import axe from 'axe-core';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { chromium } from 'playwright-core';

export const world = JSON.parse(process.env.WORLD);
export const WAIT_MS = 90000; // of a machine that does much else; what comes, comes at once
export const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 375, height: 720 };
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--lang=ja'];
const shots = process.env.SHOTS ?? '';
const story = basename(process.argv[1], '.mjs');
let passed = 0;
let failed = 0;
let shotN = 0;
const noise = [];

/** The page that is looked at: one of several browsers and tabs, changed by use(). */
export let page;
export const use = (other) => { page = other; };

export function check(name, isGood, more = '') {
  if (isGood) passed++;
  else failed++;
  if (!isGood) console.log(`FAILED ${name} ${more}`);
}

/** As check(), of what the page comes to show: what it reads is asked for again until it is so. */
export async function shows(name, isGood, more = async () => '') {
  const until = Date.now() + WAIT_MS;
  let is = await isGood();
  while (!is && Date.now() < until) {
    await page.waitForTimeout(100);
    is = await isGood();
  }
  check(name, is, is ? '' : await more());
}

export async function shot(name, options = {}) {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${story}-${String(++shotN).padStart(2, '0')}-${name}.png`), fullPage: true, ...options });
}

export const button = (name) => page.getByRole('button', { name, exact: true });
export const field = (name) => page.getByLabel(new RegExp(`^${name}`));
export const heading = (name) => page.getByRole('heading', { name });
export const dialog = () => page.getByRole('dialog');
export const said = (text) => page.getByRole('status').getByText(text).first().waitFor();

export async function settled() {
  await page.waitForFunction(() => !document.querySelector('.loading') && document.querySelector('h1:not(.sr)'), null, { timeout: WAIT_MS });
}

export async function violations(name) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations);
  check(`axe ${name}`, found.length === 0, found.map((v) => `\n    ${v.id}: ${v.help}\n      ${v.nodes.slice(0, 4).map((n) => `${n.html.slice(0, 140)} ${n.any.map((a) => a.message).join('; ').slice(0, 160)}`).join('\n      ')}`).join(''));
}

/** A browser of one person: nothing is shared with the others. */
export async function person(browser, viewport = WIDE) {
  const context = await browser.newContext({ locale: 'ja-JP', viewport, reducedMotion: 'reduce' });
  use(await tab(context));
  return context;
}

/** One more page of the same person; use() makes it the one that is looked at. */
export async function tab(context) {
  const made = await context.newPage();
  made.setDefaultTimeout(WAIT_MS);
  made.on('console', (m) => m.type() === 'error' && noise.push(m.text()));
  made.on('pageerror', (e) => noise.push(String(e)));
  return made;
}

export async function signIn(login, password = world.password.replace('%s', login)) {
  await page.goto(`${world.base}/`);
  await heading('サインイン').waitFor();
  await field('ログイン名').fill(login);
  await field('パスワード').fill(password);
  await button('サインイン').click();
}

/** Each of @places in both languages, light and dark, and at the width of a telephone. */
export async function walk(who, places) {
  for (const lang of ['ja', 'en']) {
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.setViewportSize(WIDE);
      for (const place of places) {
        const short = place.replace(/[0-9a-f]{16,32}/, 'ID');
        const name = `${who} ${lang} ${scheme} /${short}`;
        await page.goto(`${world.base}/?lang=${lang}#/${place}`);
        await settled();
        await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
        check(`lang of ${name}`, (await page.getAttribute('html', 'lang')) === lang);
        await violations(name);
        const file = `${who}-${lang}-${short.replace(/\W+/g, '_') || 'home'}`;
        await shot(scheme === 'dark' ? `${file}-dark` : file);
        if (scheme === 'dark') continue;
        await page.setViewportSize(PHONE);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        check(`375 px ${name}`, wide <= PHONE.width, `is ${wide} px wide`);
        await shot(`${file}-phone`);
        await page.setViewportSize(WIDE);
      }
    }
  }
}

/** The whole of it: @told gets a browser. Says "N passed, N failed, N skipped" at the end. */
export async function tell(told) {
  let browser;
  try {
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS, headless: true });
    await told(browser);
    // Refusals the story provokes are answers with a status, not faults of the pages.
    const faults = noise.filter((n) => !/status of (400|401|403|404|409)/.test(n));
    check('nothing in the browser’s console', faults.length === 0, faults.slice(0, 5).join('\n'));
  } catch (error) {
    failed++;
    console.log(`FAILED: ${error.stack ?? error}`);
    if (page) {
      await shot('failed').catch(() => {});
      console.log((await page.locator('body').innerText().catch(() => '')).slice(0, 1500));
    }
  } finally {
    await browser?.close();
  }
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exitCode = failed ? 1 : 0;
}
