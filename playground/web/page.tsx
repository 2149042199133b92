/** The whole page: what it is, how to open Parley, then one window per messenger. */
import { useEffect, useState } from 'react'
import type { NetworkShown, Snapshot } from '../snapshot.ts'
import { Mail } from './mail.tsx'
import { Phone } from './phone.tsx'
import { Site } from './site.tsx'
import { Troubles } from './troubles.tsx'
import { useSnapshot } from './use-snapshot.ts'
import { LanguageContext, useLanguage, useWords, WORDS, type Language } from './words.ts'

export function Page() {
  const { snapshot, isAlive } = useSnapshot()
  const [language, setLanguage] = useState<Language | null>(null)
  const shown = language ?? snapshot?.language ?? 'en'
  useEffect(() => {
    document.documentElement.lang = shown
    document.title = `Parley: ${WORDS[shown].title}`
  }, [shown])
  return (
    <LanguageContext value={shown}>
      <Head snapshot={snapshot} language={shown} setLanguage={setLanguage} />
      {!isAlive && <p className="gone">{WORDS[shown].gone}</p>}
      <main className="windows">
        {snapshot?.networks.map((network) => (
          <NetworkWindow key={network.folder} network={network} snapshot={snapshot} />
        ))}
      </main>
    </LanguageContext>
  )
}

function Head(props: { snapshot: Snapshot | null; language: Language; setLanguage(language: Language): void }) {
  const { snapshot, language, setLanguage } = props
  const words = useWords()
  return (
    <header className="head">
      <div>
        <h1>
          Parley <span>{words.title}</span>
        </h1>
        <p>{words.lead}</p>
      </div>
      {snapshot && (
        <div className="way-in">
          <a className="primary" href={snapshot.parley.url} target="_blank" rel="noopener noreferrer">
            {words.open} ↗
          </a>
          <small>
            {words.signIn} <code>{snapshot.parley.email}</code>, {words.password}{' '}
            <code>{snapshot.parley.password}</code>
          </small>
        </div>
      )}
      <div className="switches">
        {(Object.keys(WORDS) as Language[]).map((each) => (
          <button key={each} type="button" aria-pressed={each === language} onClick={() => setLanguage(each)}>
            {each.toUpperCase()}
          </button>
        ))}
        <button type="button" aria-label={words.theme} title={words.theme} onClick={switchTheme}>
          ◐
        </button>
      </div>
    </header>
  )
}

function switchTheme() {
  const root = document.documentElement
  const isDark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : window.matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset.theme = isDark ? 'light' : 'dark'
}

function NetworkWindow({ network, snapshot }: { network: NetworkShown; snapshot: Snapshot }) {
  const words = useWords()
  const [inHand, setInHand] = useState(network.phones[0]?.name ?? '')
  const phone = network.phones.find((each) => each.name === inHand) ?? network.phones[0]
  const choose = (value: string) => {
    const name = value === '' ? window.prompt(words.newPersonAsk)?.trim() : value
    if (name) setInHand(name)
  }
  const isSite = network.look.kind === 'site'
  const names = new Set([...network.phones.map((each) => each.name), inHand])
  return (
    <section className="window" style={{ '--accent': network.look.accent, '--bubble': network.look.bubble } as object}>
      <div className="window-head">
        <h2>{network.name[useLanguage()]}</h2>
        {!isSite && (
          <select aria-label={words.person} value={inHand} onChange={(event) => choose(event.target.value)}>
            {[...names].map((name) => (
              <option key={name}>{name}</option>
            ))}
            <option value="">{words.newPerson}</option>
          </select>
        )}
        {network.broken.length > 0 && <span className="broken">{words.brokenNow}</span>}
      </div>
      <div className="screen">
        {isSite ? (
          <Site isOpen={snapshot.shop} />
        ) : network.look.kind === 'mail' ? (
          <Mail
            network={network}
            name={inHand}
            phone={phone?.name === inHand ? phone : undefined}
            snapshot={snapshot}
          />
        ) : (
          <Phone
            network={network}
            name={inHand}
            phone={phone?.name === inHand ? phone : undefined}
            snapshot={snapshot}
          />
        )}
      </div>
      <Troubles network={network} />
    </section>
  )
}
