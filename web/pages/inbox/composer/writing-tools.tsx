import { ActionIcon, FileButton, Tooltip } from '@mantine/core'
import { IconBold, IconCode, IconEye, IconItalic, IconPaperclip } from '@tabler/icons-react'
import { useWords } from '../../../app/words.ts'
import { EmojiPicker } from './emoji-picker.tsx'

const MARKS = [
  ['bold', IconBold],
  ['italic', IconItalic],
  ['code', IconCode],
] as const

export interface WritingToolsProps {
  canAttach: boolean
  /** Notes are plain. */
  canMark: boolean
  isDisabled: boolean
  isPreviewed: boolean
  onFiles: (files: File[]) => void
  onInsert: (words: string) => void
  onMark: (kind: (typeof MARKS)[number][0]) => void
  onPreview: (isPreviewed: boolean) => void
}

/** What stands under the text: files, emoji, marks, and how the network will show it. */
export function WritingTools(props: WritingToolsProps) {
  const { canAttach, canMark, isDisabled, isPreviewed, onFiles, onInsert, onMark, onPreview } = props
  const t = useWords('inbox')
  return (
    <>
      {canAttach && (
        <FileButton multiple onChange={onFiles}>
          {(button) => (
            <Tooltip label={t('attach.add')}>
              <ActionIcon {...button} variant="subtle" color="gray" size="lg" aria-label={t('attach.add')}>
                <IconPaperclip size={20} />
              </ActionIcon>
            </Tooltip>
          )}
        </FileButton>
      )}
      <EmojiPicker onPick={onInsert} isDisabled={isDisabled} />
      {canMark &&
        MARKS.map(([kind, Icon]) => (
          <Tooltip key={kind} label={t(`compose.${kind}`)}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              visibleFrom="xs"
              aria-label={t(`compose.${kind}`)}
              onClick={() => onMark(kind)}
            >
              <Icon size={18} />
            </ActionIcon>
          </Tooltip>
        ))}
      {canMark && (
        <Tooltip label={t('compose.preview')}>
          <ActionIcon
            variant={isPreviewed ? 'light' : 'subtle'}
            color={isPreviewed ? 'fir' : 'gray'}
            size="lg"
            aria-label={t('compose.preview')}
            aria-pressed={isPreviewed}
            onClick={() => onPreview(!isPreviewed)}
          >
            <IconEye size={20} />
          </ActionIcon>
        </Tooltip>
      )}
    </>
  )
}
