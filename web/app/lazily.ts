import { lazy, type ComponentType, type LazyExoticComponent, type ReactNode } from 'react'

type PropsOf<Component> = Component extends (props: infer Props) => ReactNode ? Props : never

/**
 * A component whose code comes when it is first drawn: `lazily(() => import('./lightbox.tsx'), 'Lightbox')`. For what stands behind a
 * press or beside the main thing; `checks/first-load.test.mjs` keeps the budget of the first load.
 */
export function lazily<Module, Name extends keyof Module>(load: () => Promise<Module>, name: Name) {
  return lazy(async () => ({
    default: (await load())[name] as ComponentType<PropsOf<Module[Name]>>,
  })) as LazyExoticComponent<(props: PropsOf<Module[Name]>) => ReactNode>
}
