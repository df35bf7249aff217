// SPDX-License-Identifier: Apache-2.0
// 申告と観測の不一致: the firm's own business. Either side may be the one that is wrong.
import { list, part } from '../api';
import { PageHead } from '../app';
import { t } from '../i18n';
import { to } from '../lib/route';
import type { ContradictionLine } from '../types';
import { Chip, Empty, ErrorPanel, Loading, ObservedChip, Panel, Section, StateChip } from '../ui/basic';
import { useApp, useHead, useLoad } from '../ui/hooks';
import { ChecksList, DisputeForm } from './criterion';

export function Contradictions() {
  const head = useHead();
  const { reloadHead } = useApp();
  const load = useLoad(`contradictions ${head.id}`, async () => (await list<ContradictionLine>(`/assessments/${part(head.id)}/contradictions`)).items);
  const changed = () => {
    load.reload();
    reloadHead();
  };
  return (
    <>
      <PageHead title={t('page.contradictions')} lead={t('dispute.lead')} />
      <Panel icon="eye" title={t('dispute.own')}><p>{t('dispute.own_text')}</p></Panel>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data?.length === 0 && <Empty title={t('dispute.none')} icon="check"><p>{t('dispute.none_text')}</p></Empty>}
      {load.data?.map((line) => (
        <Section key={line.id} title={`${line.id} ${line.title}`} class="card" aside={line.dispute && line.dispute.choice !== 'open' ? <Chip tone="declared" icon="check">{t('dispute.decided')}</Chip> : <Chip tone="open" icon="ring">{t('dispute.undecided')}</Chip>}>
          <div class="versus">
            <div><p class="small-title">{t('criteria.declared')}</p><StateChip line={line} /></div>
            <span class="versus-mark" aria-hidden="true">≠</span>
            <div><p class="small-title">{t('criteria.observed')}</p><ObservedChip observed={line.observed} />{line.checks && <ChecksList checks={line.checks} />}</div>
          </div>
          <p><a href={to(head.id, 'criteria', line.id)}>{t('dispute.look')}</a></p>
          <DisputeForm key={line.dispute?.revision ?? 0} id={line.id} dispute={line.dispute} onSaved={changed} />
        </Section>
      ))}
    </>
  );
}
