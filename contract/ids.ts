/**
 * Ids are UUIDv7 made in the program. Each has a type of its own, so that a contact's id cannot be passed where a message's is
 * wanted. A platform's own id is text and opaque outside its connector's folder.
 */
import { z } from 'zod'

/** In the one spelling that the database gives back, so that equal ids are equal texts. */
const id = <const Brand extends string>() => z.uuid().toLowerCase().brand<Brand>()

export const WorkspaceId = id<'WorkspaceId'>()
export type WorkspaceId = z.infer<typeof WorkspaceId>

/** A person who signs in, across workspaces. */
export const AccountId = id<'AccountId'>()
export type AccountId = z.infer<typeof AccountId>

/** An account's place in one workspace. */
export const MemberId = id<'MemberId'>()
export type MemberId = z.infer<typeof MemberId>

export const SessionId = id<'SessionId'>()
export type SessionId = z.infer<typeof SessionId>

export const TokenId = id<'TokenId'>()
export type TokenId = z.infer<typeof TokenId>

export const ChannelId = id<'ChannelId'>()
export type ChannelId = z.infer<typeof ChannelId>

export const IdentityId = id<'IdentityId'>()
export type IdentityId = z.infer<typeof IdentityId>

export const ContactId = id<'ContactId'>()
export type ContactId = z.infer<typeof ContactId>

export const ConversationId = id<'ConversationId'>()
export type ConversationId = z.infer<typeof ConversationId>

export const MessageId = id<'MessageId'>()
export type MessageId = z.infer<typeof MessageId>

export const DeliveryId = id<'DeliveryId'>()
export type DeliveryId = z.infer<typeof DeliveryId>

/** One event as a platform told it, in the journal. */
export const InboundId = id<'InboundId'>()
export type InboundId = z.infer<typeof InboundId>

export const FileId = id<'FileId'>()
export type FileId = z.infer<typeof FileId>

/** A proof link. */
export const LinkId = id<'LinkId'>()
export type LinkId = z.infer<typeof LinkId>

/** A reversible act in the journal of merges, splits and the like. */
export const ActId = id<'ActId'>()
export type ActId = z.infer<typeof ActId>

/** Made by the composer before it asks, so that a repeat returns the first message. */
export const ClientId = id<'ClientId'>()
export type ClientId = z.infer<typeof ClientId>

/** Stands for "no workspace" in leases and seals that belong to the whole program. */
export const NIL_ID = '00000000-0000-0000-0000-000000000000'
