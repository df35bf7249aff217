// SPDX-License-Identifier: Apache-2.0
// From logs to notices, as a picture: how much came, what was put aside and why, what was left.
import { useState } from 'preact/hooks';
import { list, part } from '../../api';
import { lang, t, word } from '../../i18n';
import { addDays, formatDay, timeZone, todayThere } from '../../lib/format';
import { Empty, ErrorPanel, Loading, Section, SelectField, Table } from '../../ui/basic';
import { useWidth } from '../../ui/hooks';
import { orgName, useHub, useLive } from '../context';
import { Head } from '../head';
import { funnelWidths, sumDays, type FunnelSum } from '../logic';
import type { FunnelDay } from '../types';

const PERIODS = ['1', '7', '30', '90'] as const;
const STEPS = ['allowed', 'scanner', 'mitigated', 'recon'] as const;

export function FunnelPage() {
  const hub = useHub();
  const [days, setDays] = useState<string>('7');
  const org = hub.org ?? hub.orgs[0]?.id ?? null;
  const from = addDays(todayThere(), 1 - Number(days));
  const load = useLive<FunnelDay[]>(`funnel ${org} ${from}`, async () => (org ? (await list<FunnelDay>(`/orgs/${part(org)}/funnel`, { from, zone: 'hub' })).items : []));
  const sum = load.data ? sumDays(load.data) : null;
  return (
    <>
      <Head title={word('hub.page', 'funnel')} lead={t('hub.funnel_lead')} />
      <div class="filters hub-filters">
        {hub.role === 'analyst' && hub.orgs.length > 1 && (
          <SelectField label={t('hub.org_choice')} value={org ?? ''} onInput={hub.setOrg} options={hub.orgs.map((o) => [o.id, o.name || o.id])} />
        )}
        <SelectField label={t('hub.period')} value={days} onInput={setDays} options={PERIODS.map((p) => [p, word('hub.period', p)])} />
      </div>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {sum && sum.records === 0 && <Empty title={t('hub.funnel_empty')} icon="down"><p>{t('hub.funnel_empty_more')}</p></Empty>}
      {sum && sum.records > 0 && org && (
        <>
          <Section title={t('hub.funnel_of', { org: orgName(hub, org), period: word('hub.period', days) })} icon="down" class="card"><Picture sum={sum} /></Section>
          <Section title={t('hub.removed_title')} icon="out">
            <Table caption={t('hub.removed_title')} rows={STEPS.map((step) => ({ step, n: sum.removed[step] ?? 0 }))} rowKey={(r) => r.step} columns={[
              { head: t('hub.col_step'), isMain: true, cell: (r) => word('hub.step', r.step) },
              { head: t('hub.col_why'), cell: (r) => word('hub.step_why', r.step) },
              { head: t('hub.col_findings'), isNumber: true, cell: (r) => r.n.toLocaleString(lang()) },
            ]} />
            <p class="hint">{t('hub.removed_note')}</p>
          </Section>
          <Section title={t('hub.by_day', { zone: timeZone() ?? hub.session.time_zone })} icon="table">
            <Table caption={t('hub.by_day', { zone: timeZone() ?? hub.session.time_zone })} rows={[...(load.data ?? [])].reverse()} rowKey={(d) => d.day} columns={[
              { head: t('hub.col_day'), isMain: true, cell: (d) => formatDay(d.date, lang()) },
              { head: t('hub.f_records'), isNumber: true, cell: (d) => d.records.toLocaleString(lang()) },
              { head: t('hub.f_findings'), isNumber: true, cell: (d) => d.findings.toLocaleString(lang()) },
              { head: t('hub.f_left'), isNumber: true, cell: (d) => d.findings_after_noise.toLocaleString(lang()) },
              { head: t('hub.f_situations'), isNumber: true, cell: (d) => d.situations },
              { head: t('hub.f_notices'), isNumber: true, cell: (d) => d.notices },
            ]} />
          </Section>
        </>
      )}
    </>
  );
}

const ROW = 58;
const BAR = 40;

function Picture({ sum }: { sum: FunnelSum }) {
  const [ref, width] = useWidth(900);
  const rows: [string, number, string][] = [
    [t('hub.f_records'), sum.records, 'fn-1'], [t('hub.f_findings'), sum.findings, 'fn-2'], [t('hub.f_left'), sum.left, 'fn-3'],
    [t('hub.f_situations'), sum.situations, 'fn-4'], [t('hub.f_notices'), sum.notices, 'fn-5'],
  ];
  const isNarrow = width < 560;
  const label = isNarrow ? 0 : 190;
  const room = width - label;
  const widths = funnelWidths(rows.map((r) => r[1]), room, 14);
  const rowHeight = isNarrow ? ROW + 22 : ROW;
  const middle = label + room / 2;
  const top = (i: number) => i * rowHeight + (isNarrow ? 24 : 8);
  const words = rows.map(([name, n]) => t('hub.funnel_word', { name, n: n.toLocaleString(lang()) })).join(t('common.comma'));
  return (
    <div class="funnel" ref={ref}>
      <svg viewBox={`0 0 ${width} ${rows.length * rowHeight}`} width={width} height={rows.length * rowHeight} role="img" aria-label={t('hub.funnel_label', { words })}>
        {rows.map(([name, n, kind], i) => {
          const w = widths[i] ?? 0;
          const next = widths[i + 1];
          const y = top(i);
          return (
            <g>
              {next !== undefined && w > 0 && (
                <path class="fn-between" d={`M${middle - w / 2} ${y + BAR} L${middle + w / 2} ${y + BAR} L${middle + next / 2} ${top(i + 1)} L${middle - next / 2} ${top(i + 1)}Z`} />
              )}
              {w > 0 && <rect class={kind} x={middle - w / 2} y={y} width={w} height={BAR} rx="6" />}
              <text class="fn-name" x={isNarrow ? middle : 0} y={isNarrow ? y - 7 : y + BAR / 2 + 5} text-anchor={isNarrow ? 'middle' : 'start'}>{name}</text>
              <text class={w > 110 ? 'fn-n' : 'fn-n fn-n-out'} x={w > 110 ? middle : middle + w / 2 + 12} y={y + BAR / 2 + 6} text-anchor={w > 110 ? 'middle' : 'start'}>{n.toLocaleString(lang())}</text>
            </g>
          );
        })}
      </svg>
      <p class="hint">{t('hub.funnel_scale')}</p>
    </div>
  );
}
