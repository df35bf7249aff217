// SPDX-License-Identifier: Apache-2.0
// On a demo's hub alone (GET /demo says so): the word on every page, and a guide that tells the six
// scenes and changes the person looking. Anywhere else nothing of it is there.
import { useEffect, useState } from 'preact/hooks';
import { drop, get, post } from '../api';
import { lang, t, word } from '../i18n';
import { Button, ErrorPanel } from '../ui/basic';
import { useAction, useLoad, type Loaded } from '../ui/hooks';
import { sceneAt, viewOf } from './logic';
import type { Demo, HubSession } from './types';

const STORED = 'yagura.demo.scene';
const LOOK_MS = 3000; // while the story goes on
const SCENES = 6;

/** What the hub says of itself; again until the story is told. */
export function useDemo(): Loaded<Demo> {
  const load = useLoad<Demo>('demo', () => get<Demo>('/demo'));
  const isWaiting = load.error !== null || (load.data?.demo === true && load.data.scenes.length < SCENES);
  useEffect(() => {
    if (!isWaiting) return undefined;
    const timer = setInterval(load.reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [isWaiting]);
  return load;
}

function stored(): number {
  try {
    return Number(sessionStorage.getItem(STORED) ?? '0');
  } catch {
    return 0;
  }
}

export function DemoBar({ demo, session, onVisit }: { demo: Demo | null; session: HubSession | null; onVisit: (session: HubSession, org: string | null, hash: string) => void }) {
  const [at, setAt] = useState(stored);
  const action = useAction();
  if (!demo?.demo) return null;
  const login = session?.person?.login ?? '';
  const name = (who: string) => demo.people.find((p) => p.login === who)?.name[lang()] ?? who;
  const scene = sceneAt(demo.scenes, at);
  const go = (to: number) => {
    setAt(to);
    try {
      sessionStorage.setItem(STORED, String(to));
    } catch {
      // Then it begins at the first again.
    }
  };
  const visit = (who: string, page: string) => void action.run(async () => {
    const { hash, org } = viewOf(page);
    let next = session;
    if (who !== login || !next) {
      // The session before ends, and with it what it still listens to.
      if (next) await drop('/session').catch(() => undefined);
      next = await post<HubSession>('/demo/session', { login: who });
    }
    onVisit(next, org, hash);
  });
  return (
    <aside class="demo-bar" aria-label={t('demo.label')}>
      <div class="demo-line">
        <p><strong class="practice-word">{t('demo.word')}</strong> {t('demo.text')}</p>
        {demo.people.length > 0 && (
          <p class="demo-who">
            <label for="demo-person">{t('demo.person')}</label>
            <select id="demo-person" value={demo.people.some((p) => p.login === login) ? login : ''} onChange={(e) => e.currentTarget.value && visit(e.currentTarget.value, '')}>
              {!demo.people.some((p) => p.login === login) && <option value="">{t('demo.nobody')}</option>}
              {demo.people.map((p) => <option key={p.login} value={p.login}>{p.name[lang()]}</option>)}
            </select>
          </p>
        )}
      </div>
      {action.error && <ErrorPanel error={action.error} />}
      {!scene && demo.people.length > 0 && <p class="demo-wait">{t('demo.wait')}</p>}
      {scene && (
        <div class="demo-scene">
          <div class="demo-line">
            <p class="demo-title"><span>{t('demo.scene', { n: scene.scene, of: demo.scenes.length })}</span> {scene.title[lang()]}</p>
            <p class="demo-turn">
              <Button onClick={() => go(scene.scene - 2)} isOff={scene.scene <= 1}>{t('demo.before')}</Button>
              <Button onClick={() => go(scene.scene)} isOff={scene.scene >= demo.scenes.length}>{t('demo.next')}</Button>
            </p>
          </div>
          <details open={matchMedia('(min-width: 60rem)').matches}>
            <summary>{t('demo.told')}</summary>
            <ul class="demo-told">{scene.told[lang()].map((line) => <li>{line}</li>)}</ul>
          </details>
          <p class="demo-views">
            {scene.views.map((v) => (
              <Button kind="primary" isBusy={action.isBusy} onClick={() => visit(v.login, v.page)}>
                {t('demo.look', { who: name(v.login), page: word('hub.page', viewOf(v.page).page) })}
              </Button>
            ))}
          </p>
        </div>
      )}
    </aside>
  );
}
