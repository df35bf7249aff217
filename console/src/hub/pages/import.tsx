// SPDX-License-Identifier: Apache-2.0
// A table from a person's own machine: looked at first – how much would change, what is wrong in which line –, then taken whole.
import { useState } from 'preact/hooks';
import { post, Problem } from '../../api';
import { t } from '../../i18n';
import { Button, CheckField, ErrorPanel, FileField, Panel, Table } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction } from '../../ui/hooks';
import { useHub } from '../context';
import type { Imported } from '../types';

const BYTES_MAX = 700 * 1024; // in base64 and with what stands around it, below what the server takes

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export function ImportDialog({ path, columns, option, title, onClose, onDone }: {
  path: string; columns: string; option: { key: 'add' | 'analysts'; label: string }; title: string; onClose: () => void; onDone: (n: number) => void;
}) {
  const hub = useHub();
  const [file, setFile] = useState<File | null>(null);
  const [isOn, setOn] = useState(false);
  const [told, setTold] = useState<Imported | null>(null);
  const action = useAction();
  const ask = async (preview: boolean) => {
    if (!file) return;
    let got: Imported | null = null;
    const isAsked = await action.run(async () => {
      if (file.size > BYTES_MAX) throw new Problem(413, 'too-large', t('hub.import_large'), t('hub.import_large_more'));
      got = await post<Imported>(path, { file: await base64(file), preview, [option.key]: isOn });
    });
    if (!isAsked || !got) return;
    const answer = got as Imported;
    if (!preview && answer.taken) {
      hub.touched();
      onDone(answer.added + answer.changed);
    } else {
      setTold(answer);
    }
  };
  const another = (f: File | null) => {
    setFile(f);
    setTold(null);
    action.clear();
  };
  const n = told ? told.added + told.changed : 0;
  const isGood = told !== null && told.fault_count === 0;
  return (
    <Dialog title={title} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button>{isGood && n > 0
      ? <Button kind="primary" icon="check" isBusy={action.isBusy} onClick={() => void ask(false)}>{t('hub.import_go', { n })}</Button>
      : <Button kind="primary" icon="search" isOff={!file} isBusy={action.isBusy} onClick={() => void ask(true)}>{t('hub.import_look')}</Button>}</>}>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        <FileField label={t('hub.import_file')} hint={t('hub.import_hint', { columns })} accept=".csv,.txt,.xlsx" file={file} onInput={another} isNeeded />
        <CheckField label={option.label} value={isOn} onInput={(v) => { setOn(v); setTold(null); }} />
        {told && isGood && (
          <Panel tone={n > 0 ? 'info' : 'good'} icon="list" title={t(n > 0 ? 'hub.import_would' : 'hub.import_nothing', { n })}>
            <p>{t('hub.import_counts', { rows: told.rows, added: told.added, changed: told.changed, same: told.same })}</p>
          </Panel>
        )}
        {told && !isGood && (
          <>
            <Panel tone="warn" icon="warn" title={t('hub.import_faults', { n: told.fault_count })}><p>{t('hub.import_none')}</p></Panel>
            <Table caption={t('hub.import_faults', { n: told.fault_count })} rows={told.faults} rowKey={(f) => `${f.line} ${f.text}`} columns={[
              { head: t('hub.import_line'), isMain: true, cell: (f) => f.line || '' },
              { head: t('hub.import_what'), cell: (f) => f.text },
            ]} />
            {told.fault_count > told.faults.length && <p class="hint">{t('hub.import_more', { n: told.fault_count - told.faults.length })}</p>}
          </>
        )}
      </div>
    </Dialog>
  );
}
