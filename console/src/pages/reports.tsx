// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { address, part } from '../api';
import { PageHead } from '../app';
import { t, word } from '../i18n';
import { addMonths, isDay, today } from '../lib/format';
import { to } from '../lib/route';
import { Button, LinkButton, Panel, Section, TextField } from '../ui/basic';
import { useApp, useHead } from '../ui/hooks';
import { LevelState } from './overview';
import type { IconName } from '../ui/icons';

const REPORTS: [string, IconName][] = [['ciso', 'report'], ['management', 'building'], ['gaps', 'list'], ['progress', 'steps'], ['expert', 'seal']];

export function Reports() {
  const head = useHead();
  const { say } = useApp();
  const [since, setSince] = useState(addMonths(today(), -3));
  const base = `/assessments/${part(head.id)}`;
  const command = 'yagura assess sign --db FILE --key KEY -o statement.json';
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      say(t('reports.copied'));
    } catch {
      say(t('reports.not_copied'));
    }
  };
  return (
    <>
      <PageHead title={t('page.reports')} lead={t('reports.lead')} />
      <LevelState />
      <ul class="cards reports">
        {REPORTS.map(([name, icon]) => {
          const query: Record<string, string> = name === 'progress' && isDay(since) ? { since } : {};
          const at = (format: string) => address(`${base}/reports/${name}`, { format, ...query });
          return (
            <li class="card" key={name}>
              <Section title={word('report', name)} icon={icon}>
                <p>{word('report.text', name)}</p>
                {name === 'progress' && <TextField label={t('reports.since')} type="date" max={today()} value={since} onInput={setSince} error={isDay(since) ? null : t('form.date_form')} />}
                <div class="row tight">
                  <LinkButton kind="primary" icon="print" href={at('html')} isNew>{t('reports.open', { name: word('report', name) })}</LinkButton>
                  <LinkButton icon="download" href={at('csv')} download>{t('reports.csv')}</LinkButton>
                  <LinkButton icon="download" href={at('json')} download>JSON</LinkButton>
                </div>
              </Section>
            </li>
          );
        })}
      </ul>
      <Section title={t('reports.statement')} icon="seal" class="card">
        <p>{t('reports.statement_text')}</p>
        {head.practice
          ? <Panel tone="practice" icon="pen" title={t('reports.statement_practice')}><p><a href={to(head.id, 'official')}>{t('practice.go')}</a></p></Panel>
          : (
            <>
              <div class="row tight"><LinkButton icon="download" href={address(`${base}/statement`)} download>{t('reports.statement_get')}</LinkButton></div>
              <p>{t('reports.sign')}</p>
              <div class="command"><code>{command}</code><Button onClick={() => void copy()}>{t('reports.copy')}</Button></div>
              <p class="soft small">{t('reports.verify')}</p>
            </>
          )}
      </Section>
    </>
  );
}
