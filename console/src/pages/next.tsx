// SPDX-License-Identifier: Apache-2.0
// Next steps: the most effect for the least effort first; what would close each.
import { useState } from 'preact/hooks';
import { address, list, part } from '../api';
import { PageHead } from '../app';
import { t, word } from '../i18n';
import { to } from '../lib/route';
import type { NextStep } from '../types';
import { Button, Empty, ErrorPanel, LinkButton, Loading, Prose, Scale, Section, StateChip } from '../ui/basic';
import { useHead, useLoad } from '../ui/hooks';
import { Icon } from '../ui/icons';
import { ClosedBy, templatesOrNone } from './criterion';

const AT_ONCE = 10;
const NAMED_MAX = 6; // criteria of a template that are named; more are counted

export function NextSteps() {
  const head = useHead();
  const [shown, setShown] = useState(AT_ONCE);
  const load = useLoad(`next ${head.id} ${head.revision}`, async () => {
    const [next, templates] = await Promise.all([list<NextStep>(`/assessments/${part(head.id)}/next`, { limit: '200' }), templatesOrNone()]);
    return { next: next.items, templates };
  });
  return (
    <>
      <PageHead title={t('page.next')} lead={t('next.lead')} />
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && (
        <div class="with-aside">
          <div>
            {load.data.next.length === 0 ? <Empty title={t('next.none')} icon="check"><p>{t('next.none_text')}</p></Empty> : (
              <ol class="nexts">
                {load.data.next.slice(0, shown).map((n, i) => (
                  <li key={n.id} class="card">
                    <span class="next-n" aria-hidden="true">{i + 1}</span>
                    <div>
                      <p class="next-head"><span class="line-id">{n.id}</span> <a class="next-title" href={to(head.id, 'criteria', n.id)}>{n.title}</a></p>
                      <p class="row tight">
                        <StateChip line={{ state: n.state, observed: 'none', stale: false, evidence: 0 }} />
                        <Scale label={t('next.effect')} value={n.effect} /><Scale label={t('next.effort')} value={n.effort} />
                      </p>
                      {n.reason && n.reason !== word('state', n.state) && <p class="soft">{n.reason}</p>}
                      {n.cheap && <div class="next-cheap"><p class="small-title"><Icon name="coin" size={16} /> {t('guide.cheap')}</p><Prose text={n.cheap} /></div>}
                      {n.closed_by && n.closed_by.length > 0 && <><p class="small-title">{t('guide.closed_by')}</p><ClosedBy items={n.closed_by} templates={load.data?.templates ?? []} /></>}
                    </div>
                  </li>
                ))}
              </ol>
            )}
            {load.data.next.length > shown && <p class="row more"><Button onClick={() => setShown(shown + AT_ONCE)}>{t('next.more', { n: load.data.next.length - shown })}</Button></p>}
          </div>
          <aside aria-label={t('next.templates')}>
            <Section title={t('next.templates')} icon="download">
              <p class="soft">{t('next.templates_text')}</p>
              {load.data.templates.length === 0 && <p class="soft">{t('next.no_templates')}</p>}
              <ul class="downloads">
                {load.data.templates.map((x) => (
                  <li><LinkButton kind="quiet" icon="download" href={address(`/templates/${part(x.name)}`)} download>{x.title}</LinkButton>
                    {x.criteria.length > 0 && <p class="small soft">{x.criteria.length <= NAMED_MAX ? t('next.template_for', { ids: x.criteria.join(t('common.comma')) }) : t('next.template_n', { n: x.criteria.length })}</p>}</li>
                ))}
              </ul>
            </Section>
          </aside>
        </div>
      )}
    </>
  );
}
