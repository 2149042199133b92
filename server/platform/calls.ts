/** A feature pairs each of its declared calls with a handler; `http` mounts all the lists. */
import type { Endpoint } from '#contract/endpoint.ts'
import type { AccountId, MemberId, SessionId, TokenId, WorkspaceId } from '#contract/ids.ts'
import type { Role } from '#contract/rights.ts'

/** Who calls, as `http` found out before the handler runs. */
export interface Caller {
  readonly workspace: WorkspaceId
  readonly member: MemberId
  /** null: a token of a program. */
  readonly account: AccountId | null
  readonly role: Role
  readonly session: SessionId | null
  /** Of the account; false for a token. */
  readonly hasSecondFactor: boolean
  readonly token: TokenId | null
  readonly address: string
  readonly agent: string
  /** In the log and in every problem. */
  readonly request: string
}

// eslint-disable-next-line typescript/no-explicit-any -- a list holds handlers of many calls; `answer` has checked each pair
export interface Answer<Out = any, Result = any> {
  readonly call: Endpoint<any, Out, Result>
  readonly handle: (input: Out, caller: Caller) => Promise<Result>
}

/** Handlers of `public` calls get a caller of nobody: they may read its address and request only. */
export const answer = <Out, Result>(
  call: Endpoint<any, Out, Result>,
  handle: (input: Out, caller: Caller) => Promise<Result>,
): Answer<Out, Result> => ({ call, handle })
