import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** The one accent: fir green. White text stands on 7 and darker (≥ 4.5 : 1); on dark surfaces text of it is 3. */
const fir: MantineColorsTuple = [
  '#ecf8f5',
  '#d6eee8',
  '#a9dccf',
  '#79c9b5',
  '#52b99f',
  '#36a98c',
  '#1f8f75',
  '#17735e',
  '#115c4b',
  '#0b4638',
]

/** Neutrals with a breath of blue, light and dark designed together. */
const gray: MantineColorsTuple = [
  '#f7f8f9',
  '#eff1f3',
  '#e3e6ea',
  '#d3d8de',
  '#b3bac3',
  '#858e99',
  '#5c6570',
  '#48505a',
  '#333a42',
  '#1e2328',
]
const dark: MantineColorsTuple = [
  '#dfe3e8',
  '#b9c0c8',
  '#99a2ad',
  '#737c87',
  '#3f474f',
  '#30373f',
  '#252b32',
  '#1a1f24',
  '#14181c',
  '#0f1215',
]

const BLOCK = { radius: 'md' } as const

export const theme = createTheme({
  primaryColor: 'fir',
  primaryShade: 7,
  colors: { fir, gray, dark },
  black: '#1e2328',
  defaultRadius: 'md',
  radius: { xs: '3px', sm: '5px', md: '8px', lg: '12px', xl: '20px' },
  fontFamily:
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Ubuntu, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, 'Liberation Mono', Consolas, monospace",
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '22px', lineHeight: '1.3' },
      h2: { fontSize: '17px', lineHeight: '1.35' },
      h3: { fontSize: '15px', lineHeight: '1.4' },
    },
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false, transitionProps: { duration: 100 } } },
    Modal: { defaultProps: { ...BLOCK, centered: true, transitionProps: { duration: 120 } } },
    Drawer: { defaultProps: { transitionProps: { duration: 120 } } },
    Menu: { defaultProps: { shadow: 'md', transitionProps: { duration: 80 } } },
  },
})
