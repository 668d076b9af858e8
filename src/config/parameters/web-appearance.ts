import { ParameterGroup } from '../parameter.ts';
import { choice, count, text, word } from '../value-types.ts';

const later = new ParameterGroup('Web interface', 'none yet');
const siteOnly = { siteOnly: true } as const;

const color = (value: string) => later.value(word, value, 'A colour of the web pages.');
const button = (what: string) => later.optional(text, `${what} of a button in the main menu.`);

/** What the web pages look like. */
export const webAppearanceParameters = {
  logo_html_definition: later.optional(text, 'HTML of the logo.'),
  favicon_url: later.optional(text, 'Where the icon of the site is found.'),
  default_home: later.value(choice('home', 'lists'), 'home', 'The first page.'),
  archive_default_index: later.value(
    choice('thrd', 'mail'),
    'thrd',
    'Order of archives: by thread or by date.',
    siteOnly,
  ),
  review_page_size: later.value(count(1), '25', 'Subscribers on one page.'),
  viewlogs_page_size: later.value(count(1), '25', 'Log entries on one page.'),
  main_menu_custom_button_1_title: button('Text'),
  main_menu_custom_button_1_url: button('Address'),
  main_menu_custom_button_1_target: button('Window'),
  main_menu_custom_button_2_title: button('Text'),
  main_menu_custom_button_2_url: button('Address'),
  main_menu_custom_button_2_target: button('Window'),
  main_menu_custom_button_3_title: button('Text'),
  main_menu_custom_button_3_url: button('Address'),
  main_menu_custom_button_3_target: button('Window'),
  color_0: color('#f7f7f7'),
  color_1: color('#222222'),
  color_2: color('#004b94'),
  color_3: color('#5e5e5e'),
  color_4: color('#4c4c4c'),
  color_5: color('#0090e9'),
  color_6: color('#005ab2'),
  color_7: color('#ffffff'),
  color_8: color('#f2f6f9'),
  color_9: color('#bfd2e1'),
  color_10: color('#983222'),
  color_11: color('#66aaff'),
  color_12: color('#ffe7e7'),
  color_13: color('#f48a7b'),
  color_14: color('#ffff99'),
  color_15: color('#fe57a1'),
  dark_color: color('#c0c0c0'),
  light_color: color('#aaddff'),
  text_color: color('#000000'),
  bg_color: color('#ffffcc'),
  error_color: color('#ff6666'),
  selected_color: color('#c0c0c0'),
  shaded_color: color('#66cccc'),
} as const;
