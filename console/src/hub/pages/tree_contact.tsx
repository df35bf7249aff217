// SPDX-License-Identifier: Apache-2.0
// Whom to reach at an organisation of the tree, put right after a drill showed that it was wrong.
import { useEffect, useState } from 'preact/hooks';
import { get, part, put } from '../../api';
import { t } from '../../i18n';
import { Button, ErrorPanel, Loading, TextField } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction, useLoad } from '../../ui/hooks';
import { orgName, useHub } from '../context';
import type { Member } from '../types';

export function ContactDialog({ org, cause, onClose, onDone }: { org: string; cause?: string; onClose: () => void; onDone: () => void }) {
  const hub = useHub();
  const member = useLoad<Member>(`contact ${org}`, () => get<Member>(`/orgs/${part(org)}/member`));
  const [mail, setMail] = useState('');
  const [phone, setPhone] = useState('');
  const action = useAction();
  useEffect(() => {
    setMail(member.data?.contact_mail ?? '');
    setPhone(member.data?.contact_phone ?? '');
  }, [member.data]);
  const save = async () => {
    const isDone = await action.run(async () => { await put(`/tree/${part(org)}/contact`, { contact_mail: mail.trim() || null, contact_phone: phone.trim() || null }); });
    if (!isDone) return;
    hub.say(t('drill.contact_saved', { org: orgName(hub, org) }));
    hub.touched();
    onDone();
  };
  return (
    <Dialog title={t('drill.correct_of', { org: orgName(hub, org) })} onClose={onClose} footer={
      <><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isOff={!member.data} isBusy={action.isBusy} onClick={() => void save()}>{t('drill.contact_save')}</Button></>
    }>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        {member.error && <ErrorPanel error={member.error} retry={member.reload} />}
        {!member.data && !member.error && <Loading />}
        {cause && <p>{t('drill.contact_why', { cause })}</p>}
        {member.data && (
          <>
            <TextField label={t('drill.contact_mail')} type="email" value={mail} onInput={setMail} length={254} />
            <TextField label={t('drill.contact_phone')} type="tel" value={phone} onInput={setPhone} length={40} />
            <p class="hint">{t('drill.contact_hint')}</p>
          </>
        )}
      </div>
    </Dialog>
  );
}
