// SPDX-License-Identifier: Apache-2.0
// Example data of the fixture server (dev/server.mjs): never shipped. Ids are real, words are ours.
export const GROUPS = [
  ['1', 'ガバナンスの整備', 'Governance', 1, null],
  ['1-2', '体制', 'Organisation', 2, '1'],
  ['1-2-1', '緊急時に連絡できる体制', 'People to call in an emergency', 3, '1-2'],
  ['1-3', '方針', 'Policy', 2, '1'],
  ['1-3-1', 'セキュリティの方針', 'Security policy', 3, '1-3'],
  ['2', '取引先の管理', 'Partners', 1, null],
  ['2-1', '取引先との約束', 'Agreements', 2, '2'],
  ['2-1-1', '預かる情報の扱い', 'Handling of data of partners', 3, '2-1'],
  ['3', 'リスクの特定', 'Knowing what there is', 1, null],
  ['3-1', '資産の把握', 'Assets', 2, '3'],
  ['3-1-1', '機器とソフトウェアの一覧', 'Lists of devices and software', 3, '3-1'],
  ['4', '攻撃等の防御', 'Protection', 1, null],
  ['4-2', '利用者とアカウント', 'Users and accounts', 2, '4'],
  ['4-2-1', 'アカウントの管理', 'Management of accounts', 3, '4-2'],
  ['4-4', '機器とネットワークの保護', 'Protection of devices and networks', 2, '4'],
  ['4-4-4', '更新と脆弱性', 'Updates and vulnerabilities', 3, '4-4'],
  ['4-4-5', '不正なプログラムへの備え', 'Protection against malware', 3, '4-4'],
  ['5', '攻撃等の検知', 'Detection', 1, null],
  ['5-1', '見張り', 'Watching', 2, '5'],
  ['5-1-1', '異常の検知と連絡', 'Detecting and telling', 3, '5-1'],
  ['6', 'インシデントへの対応', 'Response', 1, null],
  ['6-1', '対応の手順', 'Procedures', 2, '6'],
  ['6-1-1', '事故が起きたときの手順', 'What to do in an incident', 3, '6-1'],
];

const help = (asked, why, cheap, example, proof, looks_at, closed_by) => ({ asked, why, cheap, example, proof, looks_at, closed_by });
const GENERIC = help(
  '決めたことを文書にし、担当と見直しの時期を定めて、実際にそのとおり行っていることが求められています。',
  '決めごとがないと、担当者が休んだ日や辞めた日に、対策が止まります。',
  'ひな型を書き換えて1ページにまとめ、共有フォルダーに置きます。\n- 担当者の名前\n- 見直す月\n- 守るべきこと三つ',
  '総務の1人が担当を兼ね、4月に30分だけ見直しています。変更は全員にメールで知らせています。',
  '日付と版のある文書、見直しの記録、知らせたメール',
  '文書の日付、見直しの記録が1年以内か、知らせた相手に漏れがないか',
  ['template:rules', 'decision'],
);
const HELP = {
  '1-2-1-2': help(
    '事故のときに、誰が誰に、どの順で連絡するかを決め、連絡先の一覧にしておくことが求められています。',
    '夜や休日に異変に気付いた人が、迷わず電話できるかどうかで、被害の広がりが変わります。',
    'ひな型「緊急連絡先一覧」に、社内の3人と、回線の会社、パソコンの購入先、警察の相談窓口を書き込みます。紙でも1部、入口の近くに貼ります。',
    '社長、総務、工場長の携帯電話を一覧にし、半年ごとに番号を確かめています。一覧は紙で2か所に貼り、写真を全員の携帯電話に入れています。',
    '- 日付のある連絡先の一覧\n- 番号を確かめた記録',
    '一覧の日付、実際につながるか、不在のときの次の人が書いてあるか',
    ['template:contact-list'],
  ),
  '4-4-4-2': help(
    '危険度の高い弱点が見つかった機器は、決めた日数のうちに更新するか、代わりの手当てをすることが求められています。',
    '公表された弱点は、数日のうちに攻撃に使われます。更新の遅れは、侵入の入口としてもっとも多いものの一つです。',
    'パソコンの自動更新を有効にし、月に一度、更新の一覧を書き出して残りがないか見ます。費用はかかりません。',
    '30台のパソコンは自動更新、サーバー2台は毎月第2水曜の夜に更新。できない1台は、外から届かないネットワークに置いています。',
    '- 更新の一覧（CSV）\n- 更新の手順を書いた文書',
    '一覧の日付、残っている更新の危険度と日数、代わりの手当ての有無',
    ['tool', 'service'],
  ),
};

const c = (id, title, en, effect, effort, extra = {}) => ({ id, title, en, effect, effort, help: HELP[id] ?? GENERIC, ...extra });
export const CRITERIA = [
  c('1-2-1-1', '緊急時に判断する人を決めている', 'Someone is named who decides in an emergency', 3, 1),
  c('1-2-1-2', '緊急の連絡先を一覧にしている', 'Emergency contacts are on one list', 3, 1, { wanted: [['contact-list', 'record', '緊急連絡先の一覧', 'Emergency contact list', 'proves', 'P1Y']] }),
  c('1-2-1-3', '連絡先を年に一度は確かめている', 'Contacts are checked once a year', 2, 1, { wanted: [['contact-check', 'record', '番号を確かめた記録', 'Record of the check', 'proves', 'P1Y']] }),
  c('1-2-1-4', '平時の窓口を社内に知らせている', 'Everyone knows whom to ask', 2, 1),
  c('1-3-1-1', 'セキュリティの方針を定めている', 'A security policy is written', 3, 2, { wanted: [['policy', 'record', 'セキュリティ方針', 'Security policy', 'proves', 'P3Y']] }),
  c('1-3-1-2', '方針を全員に知らせている', 'The policy is known to everyone', 2, 1),
  c('2-1-1-1', '預かった情報の扱いを決めている', 'Handling of entrusted data is decided', 3, 2),
  c('2-1-1-2', '契約に秘密保持を書いている', 'Contracts name confidentiality', 2, 2),
  c('3-1-1-1', '機器の一覧がある', 'There is a list of devices', 3, 2, { wanted: [['assets', 'query', '機器の一覧からの確認', 'Checked in the list of devices', 'proves', 'P6M']] }),
  c('3-1-1-2', 'ソフトウェアの一覧がある', 'There is a list of software', 2, 2),
  c('3-1-1-3', 'ネットワークの図がある', 'There is a network diagram', 2, 2, { wanted: [['diagram', 'record', 'ネットワーク図', 'Network diagram', 'proves', 'P1Y']] }),
  c('4-2-1-1', '一人に一つのアカウントを使っている', 'Each person has an own account', 3, 2, { wanted: [['accounts', 'query', 'アカウントの一覧からの確認', 'Checked in the list of accounts', 'supports', 'P6M']] }),
  c('4-2-1-2', '辞めた人のアカウントを止めている', 'Accounts of those who left are closed', 3, 1),
  c('4-2-1-3', '管理者の権限を限っている', 'Administrator rights are limited', 3, 2),
  c('4-4-4-1', '更新の手順を決めている', 'How to update is decided', 2, 1),
  c('4-4-4-2', '危険度の高い弱点を期限内に直している', 'Severe weaknesses are mended in time', 3, 2, { wanted: [['patch14d', 'query', '未適用の更新の一覧からの確認', 'Checked in the list of open updates', 'proves', 'P1M'], ['patch-rule', 'record', '更新の手順書', 'Written procedure', 'supports', 'P1Y']] }),
  c('4-4-4-3', '外と接する機器を更新している', 'Devices at the border are updated', 3, 2),
  c('4-4-5-1', 'すべてのパソコンにウイルス対策がある', 'All computers are protected against malware', 3, 1, { wanted: [['av', 'query', 'ウイルス対策の一覧からの確認', 'Checked in the list of protection', 'proves', 'P1M']] }),
  c('5-1-1-1', '外からの不審な通信を見つけられる', 'Suspicious traffic is noticed', 3, 3),
  c('5-1-1-2', '警告を一件ずつ判断している', 'Each alert is judged', 2, 3),
  c('5-1-1-3', '見つけたことを速やかに伝えている', 'Findings are told at once', 2, 2),
  c('6-1-1-1', '事故のときの手順がある', 'There is an incident procedure', 3, 2, { wanted: [['procedure', 'record', '事故対応の手順書', 'Incident procedure', 'proves', 'P1Y']] }),
  c('6-1-1-2', '手順を年に一度は試している', 'The procedure is tried once a year', 2, 2),
];

export const TEMPLATES = [
  ['contact-list', '緊急連絡先一覧', 'Emergency contact list', ['1-2-1-2', '1-2-1-3']],
  ['rules', '情報セキュリティの社内ルール', 'Rules of the firm', ['1-3-1-1', '1-3-1-2']],
  ['incident-procedure', '事故対応の手順', 'Incident procedure', ['6-1-1-1', '6-1-1-2']],
  ['asset-list', '機器の一覧', 'List of devices', ['3-1-1-1', '3-1-1-2']],
];

export const TABLES = [
  ['assets', '評価の対象にある機器を一行に一台。', 'Devices inside the scope, one a row.', ['asset', 'kind', 'name', 'os', 'os_version', 'owner', 'place', 'last_seen']],
  ['updates', '機器ごとの更新と弱点。いつ公表され、いつ適用したか。', 'Updates and weaknesses by device: when published, when applied.', ['asset', 'vuln', 'title', 'cvss', 'published', 'applied', 'mitigated']],
  ['accounts', '業務で使うアカウント。', 'Accounts used for work.', ['system', 'account', 'person', 'kind', 'enabled', 'mfa']],
  ['antivirus', '機器ごとのウイルス対策。', 'Protection against malware by device.', ['asset', 'product', 'active', 'definitions']],
];
