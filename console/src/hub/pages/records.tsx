// SPDX-License-Identifier: Apache-2.0
// Raw records of a finding. People who are not its organisation's say why first, and it sees that.
import { useState } from 'preact/hooks';
import { part, post } from '../../api';
import { t } from '../../i18n';
import { AreaField, Button, Empty, ErrorPanel, Panel } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction } from '../../ui/hooks';
import { orgName, useHub } from '../context';
import { titleOf } from '../parts';
import type { Alert, Records } from '../types';

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function RecordsDrawer({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const hub = useHub();
  const isOwn = hub.role === 'member';
  const [reason, setReason] = useState('');
  const [found, setFound] = useState<Records | null>(null);
  const action = useAction();
  const open = () => action.run(async () => {
    setFound(await post<Records>(`/findings/${part(alert.finding)}/records`, isOwn ? {} : { reason: reason.trim() }, { org: alert.org }));
  });
  return (
    <Dialog isDrawer title={t('hub.records')} onClose={onClose}>
      <div class="stack">
        <p><strong>{titleOf(alert)}</strong></p>
        {action.error && <ErrorPanel error={action.error} />}
        {!found && (
          <form class="stack" onSubmit={(e) => { e.preventDefault(); void open(); }}>
            {!isOwn && <Panel icon="eye" title={t('hub.records_seen')}><p>{t('hub.records_seen_more', { org: orgName(hub, alert.org) })}</p></Panel>}
            {!isOwn && <AreaField label={t('hub.records_reason')} hint={t('hub.records_reason_hint')} isNeeded value={reason} onInput={setReason} />}
            <div class="row"><Button kind="primary" type="submit" icon="eye" isOff={!isOwn && !reason.trim()} isBusy={action.isBusy}>{t('hub.records_open')}</Button></div>
          </form>
        )}
        {found && found.items.length === 0 && <Empty title={t('hub.records_none')}><p>{t('hub.records_none_more')}</p></Empty>}
        {found && found.items.length > 0 && (
          <>
            {(found.missing ?? 0) > 0 && <p class="hint">{t('hub.records_missing', { n: found.missing ?? 0 })}</p>}
            <ol class="drawer-list">
              {found.items.map((item) => (
                <li class="drawer-item">
                  <code class="pre raw" tabIndex={0}>{item.record.raw ?? ''}</code>
                  {item.record.fields && (
                    <details>
                      <summary>{t('hub.record_fields')}</summary>
                      <dl class="dl">{Object.entries(item.record.fields).map(([name, value]) => <><dt>{name}</dt><dd class="digest">{text(value)}</dd></>)}</dl>
                    </details>
                  )}
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
    </Dialog>
  );
}
