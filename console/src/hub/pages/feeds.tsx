// SPDX-License-Identifier: Apache-2.0
// For analysts: collections of other TAXII servers that the hub fetches. What is secret stays in the operator's folder: a feed names files.
import { useState } from 'preact/hooks';
import { drop, list, part, post } from '../../api';
import { lang, t } from '../../i18n';
import { formatTime } from '../../lib/format';
import { Button, Chip, Empty, ErrorPanel, Loading, Section, SelectField, Table, TextField } from '../../ui/basic';
import { Confirm, Dialog } from '../../ui/dialog';
import { useAction, useLoad } from '../../ui/hooks';
import { useHub, useLive } from '../context';
import { Head } from '../head';
import { feedState } from '../logic';
import { When } from '../parts';
import type { Collection, Feed } from '../types';
import { collectionName, collections } from './publish';

export function Feeds() {
  const hub = useHub();
  const load = useLive<Feed[]>('feeds', async () => (await list<Feed>('/feeds')).items);
  const names = useLoad<Collection[]>('collections', collections);
  const [isAdding, setAdding] = useState(false);
  const [gone, setGone] = useState<Feed | null>(null);
  const action = useAction();
  const name = (id: string) => {
    const c = names.data?.find((x) => x.id === id);
    return c ? collectionName(c) : id;
  };
  const poll = (f: Feed) => void action.run(async () => {
    await post(`/feeds/${part(f.name)}/poll`, {});
    hub.say(t('feeds.polled', { name: f.name }));
    hub.touched();
  });
  const remove = (f: Feed) => void action.run(async () => {
    await drop(`/feeds/${part(f.name)}`);
    setGone(null);
    hub.say(t('feeds.removed', { name: f.name }));
    hub.touched();
  });
  return (
    <>
      <Head title={t('hub.page.feeds')} lead={t('feeds.lead')} />
      {action.error && <ErrorPanel error={action.error} />}
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      <Section title={t('feeds.list')} icon="down" aside={<Button icon="plus" onClick={() => setAdding(true)}>{t('feeds.add')}</Button>}>
        {!load.data && !load.error && <Loading />}
        {load.data && load.data.length === 0 && <Empty title={t('feeds.none')} icon="down"><p>{t('feeds.none_more')}</p></Empty>}
        {load.data && load.data.length > 0 && (
          <Table caption={t('feeds.list')} rows={load.data} rowKey={(f) => f.name} columns={[
            { head: t('feeds.name'), isMain: true, cell: (f) => <>{f.name}<p class="hint">{f.url} ・ {f.collection_there}</p></> },
            { head: t('hub.collection'), cell: (f) => name(f.collection) },
            { head: t('hub.col_state_only'), cell: (f) => <FeedState f={f} /> },
            { head: t('feeds.good'), cell: (f) => (f.state?.last_success ? <When time={f.state.last_success} /> : t('hub.not_yet')) },
            { head: t('feeds.objects'), isNumber: true, cell: (f) => <>{f.state?.objects ?? 0}{f.state && f.state.refused > 0 && <p class="hint">{t('feeds.refused', { n: f.state.refused })}</p>}</> },
            { head: t('hub.col_do'), cell: (f) => <div class="actions"><Button icon="down" label={t('feeds.poll_of', { name: f.name })} onClick={() => poll(f)}>{t('feeds.poll')}</Button> <Button kind="danger" icon="cross" label={t('feeds.remove_of', { name: f.name })} onClick={() => setGone(f)}>{t('feeds.remove')}</Button></div> },
          ]} />
        )}
      </Section>
      {isAdding && <AddDialog onClose={() => setAdding(false)} />}
      {gone && <Confirm title={t('feeds.remove_title', { name: gone.name })} text={t('feeds.remove_text')} go={t('feeds.remove')} isBusy={action.isBusy} onGo={() => remove(gone)} onClose={() => setGone(null)} />}
    </>
  );
}

function FeedState({ f }: { f: Feed }) {
  const state = feedState(f);
  return (
    <>
      {state === 'new' && <Chip tone="open" icon="clock">{t('feeds.state.new')}</Chip>}
      {state === 'running' && <Chip tone="open" icon="down">{t('feeds.state.running')}</Chip>}
      {state === 'failing' && <Chip tone="partly" icon="warn">{t('feeds.state.failing')}</Chip>}
      {state === 'good' && <Chip tone="declared" icon="check">{t('feeds.state.good')}</Chip>}
      {state === 'failing' && <p class="field-error">{f.state?.last_error}</p>}
      {f.state?.next && <p class="hint">{t('feeds.next', { time: formatTime(f.state.next, lang()) })}</p>}
    </>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const hub = useHub();
  const load = useLoad<Collection[]>('collections', collections);
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [there, setThere] = useState('');
  const [into, setInto] = useState('');
  const [user, setUser] = useState('');
  const [file, setFile] = useState('');
  const [minutes, setMinutes] = useState('60');
  const [tlp, setTlp] = useState('');
  const action = useAction();
  const all = load.data ?? [];
  const isReady = [name, url, there, into].every((x) => x.trim()) && Number(minutes) >= 1;
  const save = async () => {
    if (!isReady) return;
    const wish = {
      name: name.trim(), url: url.trim(), collection_there: there.trim(), collection: into, user: user.trim() || null, secret_file: file.trim() || null,
      interval_s: Math.round(Number(minutes) * 60), default_tlp: tlp || null,
    };
    if (!(await action.run(async () => { await post('/feeds', wish); }))) return;
    hub.say(t('feeds.added', { name: wish.name }));
    hub.touched();
    onClose();
  };
  return (
    <Dialog title={t('feeds.add')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isOff={!isReady} isBusy={action.isBusy} onClick={() => void save()}>{t('feeds.add_go')}</Button></>}>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
        {load.data && all.length === 0 && <Empty title={t('hub.collections_none')} icon="down"><p>{t('hub.collections_none_more')} <code>yagura admin collection add --title …</code></p></Empty>}
        <TextField label={t('feeds.name')} hint={t('feeds.name_hint')} value={name} onInput={setName} length={40} isNeeded />
        <TextField label={t('feeds.url')} hint={t('feeds.url_hint')} value={url} onInput={setUrl} length={500} isNeeded />
        <TextField label={t('feeds.there')} hint={t('feeds.there_hint')} value={there} onInput={setThere} length={200} isNeeded />
        <SelectField label={t('feeds.into')} isNeeded value={into} onInput={setInto} options={[['', t('hub.publish_choose')], ...all.map((c): [string, string] => [c.id, collectionName(c)])]} />
        <TextField label={t('feeds.minutes')} type="number" min="1" max="10080" value={minutes} onInput={setMinutes} isNeeded />
        <SelectField label={t('feeds.tlp')} value={tlp} onInput={setTlp} options={[['', t('feeds.tlp_as')], ...['clear', 'green', 'amber', 'amber+strict', 'red'].map((x): [string, string] => [x, `TLP:${x.toUpperCase()}`])]} />
        <TextField label={t('feeds.file')} hint={t('feeds.file_hint')} value={file} onInput={setFile} length={60} isOptional />
        <TextField label={t('feeds.user')} hint={t('feeds.user_hint')} value={user} onInput={setUser} length={60} isOptional />
      </div>
    </Dialog>
  );
}
