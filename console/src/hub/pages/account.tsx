// SPDX-License-Identifier: Apache-2.0
// Who one is here: roles, the second factor, the password, one's own sessions.
import { useState } from 'preact/hooks';
import { drop, list, part, post, put } from '../../api';
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { Button, ErrorPanel, Loading, Panel, Section, Table, TextField } from '../../ui/basic';
import { useAction, useLoad } from '../../ui/hooks';
import { orgName, useHub } from '../context';
import { Head } from '../head';
import type { OwnSession } from '../types';

export function Account() {
  const hub = useHub();
  const { session } = hub;
  return (
    <>
      <Head title={word('hub.page', 'account')} />
      <Section title={t('hub.who_am_i')} icon="person" class="card">
        <dl class="dl">
          <dt>{t('hub.name_is')}</dt><dd>{session.kind === 'local' ? t('hub.local') : session.name}</dd>
          {session.person && <><dt>{t('hub.login')}</dt><dd><code>{session.person.login}</code></dd></>}
          <dt>{t('hub.roles')}</dt>
          <dd>{session.grants.length === 0 ? word('hub.role', hub.role) : session.grants.map((g) => (g.org === 'hub' ? word('hub.role', g.role) : t('hub.role_at', { role: word('hub.role', g.role), org: orgName(hub, g.org) }))).join(t('common.comma'))}</dd>
        </dl>
        {session.kind === 'local' && <p class="hint">{t('hub.local_means')}</p>}
      </Section>
      {session.person && <SecondFactor />}
      {session.person && <Password />}
      {session.person && <Sessions />}
    </>
  );
}

function SecondFactor() {
  const { session, reloadSession } = useHub();
  const [made, setMade] = useState<{ secret: string; uri: string } | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [code, setCode] = useState('');
  const action = useAction();
  const begin = () => action.run(async () => setMade(await post('/second-factor', {})));
  const finish = () => action.run(async () => {
    setCodes((await put<{ recovery_codes: string[] }>('/second-factor', { code: code.trim() })).recovery_codes);
    setMade(null);
  });
  const has = session.person?.second_factor;
  return (
    <Section title={t('hub.second')} icon="seal" class="card">
      {action.error && <ErrorPanel error={action.error} />}
      {codes ? (
        <Panel tone="good" icon="check" title={t('hub.second_done')}>
          <p>{t('hub.recovery')}</p>
          <ul class="ids">{codes.map((c) => <li><code>{c}</code></li>)}</ul>
          <Button kind="primary" onClick={reloadSession}>{t('hub.recovery_kept')}</Button>
        </Panel>
      ) : made ? (
        <form class="stack" onSubmit={(e) => { e.preventDefault(); void finish(); }}>
          <p>{t('hub.second_how')}</p>
          <p class="command"><code>{made.secret.replace(/(.{4})/g, '$1 ').trim()}</code></p>
          <TextField label={t('hub.code')} value={code} onInput={setCode} mode="numeric" complete="one-time-code" length={6} isNeeded />
          <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t('hub.second_on')}</Button></div>
        </form>
      ) : (
        <>
          <p>{has ? t('hub.second_is', { n: session.person?.recovery_codes_left ?? 0 }) : t('hub.second_not')}</p>
          <p class="row"><Button kind={has ? 'plain' : 'primary'} isBusy={action.isBusy} onClick={() => void begin()}>{t(has ? 'hub.second_again' : 'hub.second_set')}</Button></p>
        </>
      )}
    </Section>
  );
}

function Password() {
  const hub = useHub();
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const action = useAction();
  const isOther = again !== '' && again !== next;
  const save = async () => {
    if (again !== next) return;
    if (await action.run(() => post('/password', { old, new: next }))) {
      setOld('');
      setNext('');
      setAgain('');
      hub.say(t('hub.password_changed'));
    }
  };
  return (
    <Section title={t('hub.change_password')} icon="pen" class="card">
      {action.error && <ErrorPanel error={action.error} />}
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <TextField label={t('hub.old_password')} type="password" complete="current-password" value={old} onInput={setOld} length={200} isNeeded />
        <TextField label={t('hub.new_password')} hint={t('hub.new_password_hint')} type="password" complete="new-password" value={next} onInput={setNext} length={200} isNeeded />
        <TextField label={t('hub.new_again')} type="password" complete="new-password" value={again} onInput={setAgain} length={200} isNeeded error={isOther ? t('hub.not_same') : null} />
        <div class="row"><Button type="submit" isBusy={action.isBusy} isOff={isOther}>{t('hub.change_password')}</Button></div>
      </form>
    </Section>
  );
}

function Sessions() {
  const load = useLoad<OwnSession[]>('sessions', async () => (await list<OwnSession>('/sessions')).items);
  const action = useAction();
  const end = (id: string) => action.run(async () => {
    await drop(`/sessions/${part(id)}`);
    load.reload();
  });
  return (
    <Section title={t('hub.sessions')} icon="history">
      {(load.error ?? action.error) && <ErrorPanel error={(load.error ?? action.error)!} retry={load.error ? load.reload : undefined} />}
      {!load.data && !load.error && <Loading />}
      {load.data && (
        <Table caption={t('hub.sessions')} rows={load.data} rowKey={(s) => s.id} columns={[
          { head: t('hub.col_began'), isMain: true, cell: (s) => <>{formatTime(s.began, lang())}{s.this && <p class="hint">{t('hub.this_one')}</p>}</> },
          { head: t('hub.col_seen'), cell: (s) => formatTime(s.seen, lang()) },
          { head: t('hub.col_from'), cell: (s) => <>{s.address}<p class="hint">{s.browser}</p></> },
          { head: t('hub.col_do'), cell: (s) => (s.this ? '' : <Button isBusy={action.isBusy} onClick={() => void end(s.id)}>{t('hub.end_session')}</Button>) },
        ]} />
      )}
    </Section>
  );
}
