/**
 * The page's content policy demands trusted types. Mantine writes text, never markup, into style elements: that may pass, and nothing
 * that could open a tag. Imported before React. Whoever shows mail makes a policy of its own behind a sanitiser.
 */
interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML(text: string): string | null }): unknown
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
trustedTypes?.createPolicy('default', { createHTML: (text) => (text.includes('<') ? null : text) })
