import type { GalleryPart } from './part.ts'

/** All parts as a list of links, or the states of one, each under its name. */
export function Gallery({ parts, shown }: { parts: readonly GalleryPart[]; shown: string | null }) {
  const part = parts.find((each) => each.name === shown)
  if (!part)
    return (
      <main style={{ padding: 24 }}>
        <h1>Gallery</h1>
        <ul>
          {parts.map((each) => (
            <li key={each.name}>
              {each.name}:{' '}
              {['light', 'dark'].flatMap((scheme) =>
                ['en', 'ru'].map((language) => (
                  <a
                    key={`${scheme}${language}`}
                    style={{ marginRight: 12 }}
                    href={`?part=${each.name}&scheme=${scheme}&language=${language}`}
                  >
                    {scheme} {language}
                  </a>
                )),
              )}
            </li>
          ))}
        </ul>
      </main>
    )
  return (
    <div style={{ padding: 16, maxWidth: 1200, margin: '0 auto' }} data-part={part.name}>
      <h1 style={{ fontSize: 16 }}>{part.name}</h1>
      {Object.entries(part.states).map(([name, State]) => (
        <div key={name} data-state={name} style={{ marginBottom: 24 }}>
          <h2 style={{ fontSize: 12, fontWeight: 400, color: 'var(--text-dim)', margin: '0 0 4px' }}>{name}</h2>
          <State />
        </div>
      ))}
    </div>
  )
}
