import '@mantine/spotlight/styles.layer.css'
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { allCommands, commandSources, type Command } from '../commands.ts'
import { validKeys } from '../keys.ts'
import { PLACES } from '../places.ts'
import { leave, useMay } from '../session.ts'
import { tellFailure } from '../tell.ts'
import { useWords } from '../words.ts'
import { Keys } from './keys-view.tsx'

const [store, bar] = createSpotlight()
const REST_MS = 150
const MOST = 40
const FOCUS_BACK_MS = 60

/** One box for everything: places, what the open page can do, and what its sources find. */
export default function CommandBar({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const t = useWords('app')
  const can = useMay()
  const navigate = useNavigate()
  const [typed, type] = useState('')
  const [found, setFound] = useState<readonly Command[]>([])

  useEffect(() => {
    if (isOpen) bar.open()
    else bar.close()
  }, [isOpen])

  useEffect(() => {
    const words = typed.trim()
    if (words === '') return
    const asking = new AbortController()
    const timer = setTimeout(() => {
      const asked = commandSources().map((source) => source(words, asking.signal).catch(() => []))
      void Promise.all(asked).then((lists) => !asking.signal.aborted && setFound(lists.flat()))
    }, REST_MS)
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [typed])

  const own: Command[] = [
    ...PLACES.filter((place) => place.may === 'signed_in' || can(place.may)).map((place) => ({
      id: place.to,
      label: t(`place.${place.name}`),
      keys: place.keys,
      run: () => void navigate({ to: place.to }),
    })),
    { id: 'leave', label: t('own.leave'), run: () => void leave().catch(tellFailure) },
  ]
  // What a key can do here, the box can do too. Sequences lead to the places, which stand here by name.
  const keyed: Command[] = validKeys()
    .filter((act) => act.keys !== 'mod+k' && act.keys !== 'escape' && !act.keys.includes(' '))
    .map((act) => ({
      id: `key ${act.keys}`,
      label: act.about,
      keys: act.keys,
      // After the box gave the focus back: an act may want to move it.
      run: () => void setTimeout(act.run, FOCUS_BACK_MS),
    }))
  const wanted = typed.trim().toLocaleLowerCase()
  const fits = (command: Command) => `${command.label} ${command.also ?? ''}`.toLocaleLowerCase().includes(wanted)
  const rows = [...allCommands(), ...own, ...keyed]
    .filter(fits)
    .concat(wanted === '' ? [] : found)
    .slice(0, MOST)

  return (
    <Spotlight.Root
      store={store}
      shortcut={null}
      query={typed}
      onQueryChange={type}
      onSpotlightClose={close}
      scrollable
      centered={false}
      yOffset="8vh"
      overlayProps={{ blur: 0 }}
      maxHeight={420}
      aria-label={t('keys.commands')}
    >
      <Spotlight.Search placeholder={t('commands.type')} aria-label={t('commands.type')} />
      <Spotlight.ActionsList>
        {isOpen &&
          rows.map((command) => (
            <Spotlight.Action
              key={command.id}
              label={command.label}
              description={command.about ?? ''}
              onClick={command.run}
              rightSection={command.keys ? <Keys keys={command.keys} /> : undefined}
            />
          ))}
        {rows.length === 0 && <Spotlight.Empty>{t('commands.nothing')}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}
