// SPDX-License-Identifier: Apache-2.0
// On the situation: who was warned, who has read and acted, who has not. And the way to a plan.
import { useState } from 'preact/hooks';
import { get, list, part, post } from '../../api';
import { t, word } from '../../i18n';
import { Button, CheckField, Chip, ErrorPanel, Section, SelectField } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction } from '../../ui/hooks';
import { orgName, useHub, useLive } from '../context';
import { receipts } from '../logic';
import { hubTo } from '../route';
import type { Plan, Situation, Warning } from '../types';

const NAMES = 4;

export async function plansOf(situation: string): Promise<Plan[]> {
  return (await get<{ items: Plan[] }>('/plans', { situation, limit: '1000' })).items;
}

export function Told({ s }: { s: Situation }) {
  const hub = useHub();
  return hub.role === 'analyst' ? <ToldAnalyst s={s} /> : (
    <Section title={t('hub.told')} icon="speech" class="card"><p>{t('hub.told_state', { state: word('hub.state', s.state) })}</p><p><a href={hubTo('warnings')}>{t('hub.to_warnings')}</a></p></Section>
  );
}

function ToldAnalyst({ s }: { s: Situation }) {
  const hub = useHub();
  const [isMaking, setMaking] = useState(false);
  const load = useLive<{ plan: Plan; warnings: Warning[] }[]>(`told ${s.id}`, async () =>
    Promise.all((await plansOf(s.id)).slice(0, 5).map(async (plan) => ({ plan, warnings: (await list<Warning>('/warnings', { plan: plan.id })).items }))));
  const all = load.data ?? [];
  const sum = receipts(all.flatMap((p) => p.warnings));
  const name = (w: Warning) => orgName(hub, w.org ?? '');
  return (
    <Section title={t('hub.told')} icon="speech" class="card told">
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {load.data && all.length === 0 && <p>{t('hub.told_nobody')}</p>}
      {all.length > 0 && (
        <>
          <dl class="counts">
            <div><dt>{t('hub.count_told')}</dt><dd>{sum.told.length}</dd></div>
            <div><dt>{t('hub.count_read')}</dt><dd>{sum.read.length}</dd></div>
            <div><dt>{t('hub.count_acted')}</dt><dd>{sum.acted.length}</dd></div>
          </dl>
          {sum.told.length > 0 && (
            <p class={`unread ${sum.unread.length > 0 ? 'is-some' : ''}`}>
              <strong>{t('hub.unread')}</strong> {sum.unread.length === 0 ? t('hub.unread_none') : <>{sum.unread.slice(0, NAMES).map(name).join(t('common.comma'))}{sum.unread.length > NAMES && <> {t('hub.and_more', { n: sum.unread.length - NAMES })}</>}</>}
            </p>
          )}
          <ul class="plan-links">
            {all.map(({ plan, warnings }) => (
              <li><a href={hubTo('plans', plan.id)}>{plan.state === 'draft' ? t('hub.plan_draft_link', { n: warnings.length }) : t('hub.plan_link', { number: plan.number })}</a>{' '}<PlanChip plan={plan} /></li>
            ))}
          </ul>
        </>
      )}
      {load.data && <p class="row"><Button kind={all.length === 0 ? 'primary' : 'plain'} icon="plus" onClick={() => setMaking(true)}>{t('hub.plan_make')}</Button></p>}
      {isMaking && <PlanDialog s={s} onClose={() => setMaking(false)} />}
    </Section>
  );
}

export function PlanChip({ plan }: { plan: Plan }) {
  if (plan.state === 'draft') {
    if (plan.question?.state === 'asked') return <Chip tone={plan.question.overdue ? 'not_met' : 'partly'} icon="question">{t(plan.question.overdue ? 'hub.asked_overdue' : 'hub.asked')}</Chip>;
    return <Chip tone="open" icon="ring">{word('hub.plan', 'draft')}</Chip>;
  }
  if (plan.state === 'approved') return <Chip tone="evidenced" icon="check">{word('hub.plan', 'approved')}</Chip>;
  return <Chip tone="na" icon="out">{word('hub.plan', plan.state)}</Chip>;
}

const TLPS = ['', 'clear', 'green', 'amber', 'amber+strict', 'red'];

function PlanDialog({ s, onClose }: { s: Situation; onClose: () => void }) {
  const hub = useHub();
  const parts = s.parts ?? [];
  const [victim, setVictim] = useState(parts[0]?.org ?? '');
  const [tlp, setTlp] = useState('');
  const [damage, setDamage] = useState(false);
  const action = useAction();
  const make = () => action.run(async () => {
    const plan = await post<Plan>(`/situations/${part(s.id)}/plan`, { victim, damage_agreed: damage, ...(tlp ? { tlp } : {}) });
    hub.touched();
    location.hash = hubTo('plans', plan.id);
  });
  return (
    <Dialog title={t('hub.plan_make')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isOff={!victim} isBusy={action.isBusy} onClick={() => void make()}>{t('hub.plan_make_go')}</Button></>}>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        <p>{t('hub.plan_make_text')}</p>
        <SelectField label={t('hub.plan_victim')} value={victim} onInput={setVictim} options={parts.map((p) => [p.org, orgName(hub, p.org)])} />
        <SelectField label={t('hub.plan_tlp')} value={tlp} onInput={setTlp} options={TLPS.map((v) => [v, v ? `TLP:${v.toUpperCase()}` : t('hub.plan_tlp_rule')])} />
        <CheckField label={t('hub.plan_damage')} value={damage} onInput={setDamage} />
      </div>
    </Dialog>
  );
}

