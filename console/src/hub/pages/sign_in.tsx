// SPDX-License-Identifier: Apache-2.0
// Signing in: name and password, then the second factor; and the first password of an invitation.
import { useEffect, useState } from 'preact/hooks';
import { drop, post } from '../../api';
import { t } from '../../i18n';
import { Button, ErrorPanel, LinkButton, Panel, TextField } from '../../ui/basic';
import { useAction, useLoad } from '../../ui/hooks';
import { Head } from '../head';
import { needsCode } from '../logic';
import type { HubSession } from '../types';

export function SignIn({ waiting, onDone }: { waiting?: HubSession; onDone: (session: HubSession) => void }) {
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [half, setHalf] = useState<HubSession | null>(waiting ?? null);
  const action = useAction();
  useEffect(() => {
    document.title = `${t('hub.sign_in')} – ${t('brand.name')}`;
  });
  const first = () => action.run(async () => {
    const session = await post<HubSession>('/session', { login: login.trim(), password });
    setPassword('');
    if (needsCode(session)) setHalf(session);
    else onDone(session);
  });
  const second = () => action.run(async () => onDone(await post<HubSession>('/session/second-factor', { code: code.replace(/\s/g, '') })));
  return (
    <>
      <Head title={t('hub.sign_in')} lead={half ? t('hub.code_lead') : t('hub.sign_in_lead')} />
      {action.error && <ErrorPanel error={action.error} />}
      {half ? (
        <form class="card stack" onSubmit={(e) => { e.preventDefault(); void second(); }}>
          <TextField key="code" label={t('hub.code')} hint={t('hub.code_hint')} value={code} onInput={setCode} complete="one-time-code" length={63} isNeeded />
          <div class="row">
            <Button kind="primary" type="submit" isBusy={action.isBusy}>{t('hub.sign_in')}</Button>
            <Button kind="quiet" onClick={() => void action.run(async () => { await drop('/session'); setHalf(null); setCode(''); })}>{t('hub.other_person')}</Button>
          </div>
        </form>
      ) : (
        <form class="card stack" onSubmit={(e) => { e.preventDefault(); void first(); }}>
          <TextField key="login" label={t('hub.login')} value={login} onInput={setLogin} complete="username" length={200} isNeeded />
          <TextField key="password" label={t('hub.password')} type="password" value={password} onInput={setPassword} complete="current-password" length={200} isNeeded />
          <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t('hub.sign_in')}</Button></div>
        </form>
      )}
      <Panel title={t('hub.help_title')} icon="question">
        <p>{t('hub.help_forgot')}</p>
        <p>{t('hub.help_local')}</p>
      </Panel>
    </>
  );
}

export function InvitationPage({ invitation }: { invitation: string }) {
  const look = useLoad<{ login: string; name: string }>(`invitation ${invitation}`, () => post('/invitation/look', { key: invitation }));
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [isDone, setDone] = useState(false);
  const action = useAction();
  const isOther = again !== '' && again !== password;
  const save = () => action.run(async () => {
    if (password !== again) return;
    await post('/invitation', { key: invitation, password });
    setDone(true);
  });
  return (
    <>
      <Head title={t('hub.welcome')} lead={look.data ? t('hub.welcome_lead', { name: look.data.name, login: look.data.login }) : undefined} />
      {look.error && <ErrorPanel error={look.error} />}
      {action.error && <ErrorPanel error={action.error} />}
      {isDone && <Panel tone="good" icon="check" title={t('hub.password_set')}><LinkButton href="#/" kind="primary">{t('hub.sign_in')}</LinkButton></Panel>}
      {look.data && !isDone && (
        <form class="card stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
          <TextField label={t('hub.new_password')} hint={t('hub.new_password_hint')} type="password" complete="new-password" value={password} onInput={setPassword} length={200} isNeeded />
          <TextField label={t('hub.new_again')} type="password" complete="new-password" value={again} onInput={setAgain} length={200} isNeeded error={isOther ? t('hub.not_same') : null} />
          <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy} isOff={isOther}>{t('hub.set_password')}</Button></div>
        </form>
      )}
    </>
  );
}
