// SPDX-License-Identifier: Apache-2.0
// 法人番号: 13 digits whose first checks the other twelve.

/** Digits only, full-width ones and separators of print accepted. */
export function corporateDigits(text: string): string {
  return text.normalize('NFKC').replace(/[\s\-‐−–ー]/g, '');
}

/** The check digit of twelve digits: 9 − (Σ digit × weight mod 9), weights 1 and 2 from the right. */
export function corporateCheckDigit(twelve: string): number {
  let sum = 0;
  for (let i = 0; i < 12; i++) {
    const digit = twelve.charCodeAt(11 - i) - 48;
    sum += digit * (i % 2 === 0 ? 1 : 2);
  }
  return 9 - (sum % 9);
}

export type CorporateFault = 'form' | 'check' | null;

export function corporateFault(text: string): CorporateFault {
  const digits = corporateDigits(text);
  if (!/^\d{13}$/.test(digits)) return 'form';
  return corporateCheckDigit(digits.slice(1)) === digits.charCodeAt(0) - 48 ? null : 'check';
}
