// SPDX-License-Identifier: Apache-2.0
// The assessment as a file: for the expert to work on elsewhere, and back.
import { useState } from 'preact/hooks';
import { address, part, Problem, upload, UPLOAD_MAX } from '../api';
import { PageHead } from '../app';
import { t } from '../i18n';
import { formatSize } from '../lib/format';
import { to } from '../lib/route';
import { Button, ErrorPanel, FileField, LinkButton, Panel, Section } from '../ui/basic';
import { asProblem, useApp, useHead } from '../ui/hooks';

type ImportReply = { confirmations?: number; conflicts?: unknown[] };

function conflictText(conflict: unknown): { id: string; text: string } {
  if (typeof conflict === 'string') return { id: conflict, text: '' };
  const c = (conflict ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof c[name] === 'string' ? (c[name] as string) : '');
  return { id: text('criterion') || text('id'), text: text('reason') || text('detail') || text('title') };
}

export function Exchange() {
  const head = useHead();
  const { reloadHead, say } = useApp();
  const [file, setFile] = useState<File | null>(null);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Problem | null>(null);
  const [reply, setReply] = useState<ImportReply | null>(null);
  const base = `/assessments/${part(head.id)}`;
  const fault = !file ? t('form.file_needed') : file.size > UPLOAD_MAX ? t('form.file_large', { size: formatSize(file.size) }) : null;
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!file || fault || isBusy) return;
    setBusy(true);
    setError(null);
    setReply(null);
    try {
      setReply(await upload<ImportReply>('POST', `${base}/import`, file));
      reloadHead();
      say(t('exchange.done'));
    } catch (e) {
      setError(asProblem(e));
    } finally {
      setBusy(false);
    }
  };
  const conflicts = (reply?.conflicts ?? []).map(conflictText);
  return (
    <>
      <PageHead title={t('page.exchange')} lead={t('exchange.lead')} />
      <div class="two">
        <Section title={t('exchange.out')} icon="download" class="card">
          <p>{t('exchange.out_text')}</p>
          <div class="stack">
            <div><LinkButton kind="primary" icon="download" href={address(`${base}/export`, { audience: 'expert' })} download>{t('exchange.for_expert')}</LinkButton><p class="hint">{t('exchange.for_expert_hint')}</p></div>
            <div><LinkButton icon="download" href={address(`${base}/export`, { audience: 'own' })} download>{t('exchange.for_own')}</LinkButton><p class="hint">{t('exchange.for_own_hint')}</p></div>
          </div>
        </Section>
        <Section title={t('exchange.in')} icon="upload" class="card">
          <p>{t('exchange.in_text')}</p>
          <form onSubmit={submit} noValidate class="stack">
            <FileField label={t('exchange.file')} file={file} onInput={setFile} isNeeded error={isTried ? fault : null} />
            {error && <ErrorPanel error={error} title={t('exchange.refused')} />}
            {reply && (
              <Panel tone={conflicts.length > 0 ? 'warn' : 'good'} icon={conflicts.length > 0 ? 'swap' : 'check'} title={t('exchange.taken', { n: reply.confirmations ?? 0 })} role="status">
                {conflicts.length > 0 && <><p>{t('exchange.conflicts', { n: conflicts.length })}</p><ul>{conflicts.map((c) => <li>{c.id ? <a href={to(head.id, 'criteria', c.id)}>{c.id}</a> : null} {c.text}</li>)}</ul></>}
              </Panel>
            )}
            <div class="row"><Button kind="primary" type="submit" icon="upload" isBusy={isBusy}>{t('exchange.take')}</Button></div>
          </form>
        </Section>
      </div>
    </>
  );
}
