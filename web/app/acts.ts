/** TanStack Query over the declared calls: how pages read and write. */
import {
  queryOptions,
  useMutation,
  useQueryClient,
  type QueryClient,
  type QueryKey,
  type UseMutationResult,
} from '@tanstack/react-query'
import type { Endpoint } from '#contract/endpoint.ts'
import { call, CallFailed, newKey } from './call.ts'
import { tellFailure } from './tell.ts'

/** Where an answer lies in the cache: the path, then what was asked. `[path]` alone is a prefix of all of that path's answers. */
export const keyOf = (endpoint: Endpoint, given: unknown = {}): QueryKey => [endpoint.path, given]

/** `useQuery(read(listChannels, { query: {} }))`. The feed keeps it fresh, so it is not fetched again by age. */
export const read = <In, Result>(
  endpoint: Endpoint<In, unknown, Result>,
  ...[given]: keyof In extends never ? [given?: {}] : [given: In]
) =>
  queryOptions({
    queryKey: keyOf(endpoint, given ?? {}),
    queryFn: ({ signal }) =>
      call(endpoint as Endpoint<{ query?: object }, unknown, Result>, (given ?? {}) as {}, { signal }),
  })

export interface ActOptions<In, Result> {
  /** Into the cache with it, before `mutateAsync` returns. */
  readonly done?: (result: Result, given: In, client: QueryClient) => void
  /** True: the page shows this failure itself. Otherwise it is told at the edge of the screen. */
  readonly shows?: (error: CallFailed) => boolean
}

/** One act of a member: `const pause = useAct(pauseChannel, …)`, then `pause.mutate({ params: { id } })`. Its repeats carry one key. */
export function useAct<In, Result>(
  endpoint: Endpoint<In, unknown, Result>,
  { done, shows }: ActOptions<In, Result> = {},
): UseMutationResult<Result, CallFailed, In> {
  const client = useQueryClient()
  return useMutation<Result, CallFailed, In>({
    mutationFn: (given) =>
      call(endpoint as Endpoint<{ body?: unknown }, unknown, Result>, given as {}, { key: newKey() }),
    onSuccess: (result, given) => done?.(result, given, client),
    onError: (error) => {
      if (!shows?.(error)) tellFailure(error)
    },
  })
}
