// SPDX-License-Identifier: Apache-2.0
// Dialogs and drawers on the browser's own <dialog>: focus stays inside, Esc closes, focus goes back.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { Button } from './basic';
import { useId } from './hooks';

export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren; isDrawer?: boolean; footer?: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId('d');
  useEffect(() => {
    const node = ref.current;
    const before = document.activeElement as HTMLElement | null;
    if (node && !node.open) node.showModal();
    return () => {
      node?.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref} class={props.isDrawer ? 'drawer' : 'dialog'} aria-labelledby={id}
      onCancel={(e) => {
        if (e.target !== ref.current) return; // a file picker inside was dismissed, not this dialog
        e.preventDefault();
        props.onClose();
      }}
      onClick={(e) => e.target === ref.current && props.onClose()}
    >
      <div class="dialog-inner">
        <div class="dialog-head">
          <h2 id={id} tabIndex={-1}>{props.title}</h2>
          <Button kind="quiet" icon="cross" onClick={props.onClose} label={t('common.close')} />
        </div>
        <div class="dialog-body">{props.children}</div>
        {props.footer && <div class="dialog-foot">{props.footer}</div>}
      </div>
    </dialog>
  );
}

/** "Are you sure", with what will happen said in words. */
export function Confirm(props: { title: string; text: string; go: string; onGo: () => void; onClose: () => void; isBusy?: boolean }) {
  return (
    <Dialog title={props.title} onClose={props.onClose} footer={
      <>
        <Button onClick={props.onClose}>{t('common.cancel')}</Button>
        <Button kind="danger" onClick={props.onGo} isBusy={props.isBusy}>{props.go}</Button>
      </>
    }>
      <p>{props.text}</p>
    </Dialog>
  );
}

/** Two people changed the same thing: both versions, and the person chooses. */
export function Conflict(props: { rows: [string, string, string][]; onTheirs: () => void; onMine: () => void; isBusy?: boolean }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => ref.current?.focus(), []);
  return (
    <div class="panel warn conflict" role="alert" tabIndex={-1} ref={ref}>
      <p class="panel-title">{t('conflict.title')}</p>
      <p>{t('conflict.text')}</p>
      <table class="table">
        <caption class="sr">{t('conflict.title')}</caption>
        <thead><tr><th scope="col">{t('conflict.field')}</th><th scope="col">{t('conflict.theirs')}</th><th scope="col">{t('conflict.mine')}</th></tr></thead>
        <tbody>
          {props.rows.map(([name, theirs, mine]) => (
            <tr class={theirs === mine ? '' : 'differs'}>
              <th scope="row" class="main"><div class="cell">{name}</div></th>
              <td><span class="cell-head" aria-hidden="true">{t('conflict.theirs')}</span><div class="cell pre">{theirs || '–'}</div></td>
              <td><span class="cell-head" aria-hidden="true">{t('conflict.mine')}</span><div class="cell pre">{mine || '–'}</div></td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="row">
        <Button onClick={props.onTheirs}>{t('conflict.keep_theirs')}</Button>
        <Button onClick={props.onMine} isBusy={props.isBusy}>{t('conflict.keep_mine')}</Button>
      </div>
    </div>
  );
}
