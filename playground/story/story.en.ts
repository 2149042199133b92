import type { Story } from './story.ts'

export const story: Story = {
  shop: 'Grain & Cup',
  owner: { name: 'Olivia Hart', email: 'olivia@grain.example' },
  colleagues: [
    { key: 'sam', name: 'Sam Okafor', email: 'sam@grain.example' },
    { key: 'june', name: 'June Park', email: 'june@grain.example' },
  ],
  people: ['Maria Lopez', 'Tom Becker', 'Ingrid Olsen'],
  talks: [
    {
      app: 'phone',
      person: 'Maria Lopez',
      assignee: 'owner',
      hoursAgo: 0.2,
      lines: [
        { they: 'Hi! Is the Kenya AA back in stock?' },
        { we: 'It is, roasted on Tuesday. 250 g or a kilo?', choices: ['250 g', '1 kg'] },
        { they: '1 kg' },
        { they: 'And could it come before Friday? My parents are visiting 🙈' },
      ],
      tags: ['order'],
    },
    {
      app: 'mail',
      person: 'Maria Lopez',
      subject: 'Invoice for our office',
      hoursAgo: 20,
      lines: [
        {
          they: 'Hello,\n\ncould you send the invoice for order 1042 to our accounting? The company is Lopez Design S.L., VAT ESB12345678.\n\nThank you,\nMaria Lopez',
        },
        {
          we: 'Hello Maria,\n\nof course: it goes out to your accounting today.\n\nOlivia, Grain & Cup',
        },
      ],
      assignee: 'june',
      tags: ['invoice'],
    },
    {
      app: 'phone',
      person: 'Tom Becker',
      hoursAgo: 0.6,
      lines: [
        { they: 'my parcel says delivered but there is nothing here' },
        { they: 'order 1038, Lindenstrasse 12' },
        { note: 'Courier shows a photo of the neighbour’s door (No. 14). Asked them to check.' },
        {
          we: 'Sorry about that, Tom. The courier’s photo shows number 14 next door. Could you ask there? If it is not there, we send a new one today.',
        },
        { they: 'ok asking' },
      ],
      assignee: 'sam',
      tags: ['delivery'],
    },
    {
      app: 'site',
      person: 'Ingrid Olsen',
      hoursAgo: 1.1,
      lines: [
        { they: 'Hello, which grind do I need for a moka pot?' },
        { we: 'Fine, a little coarser than espresso. We grind it for you: choose “moka” at the checkout.' },
        { they: 'perfect, thanks' },
      ],
    },
    {
      app: 'phone',
      person: 'Noah Kim',
      assignee: 'owner',
      hoursAgo: 2.5,
      lines: [
        { photo: '#7c4a21', caption: 'Is this crema normal? Bought your Espresso No. 3' },
        { they: 'Machine is a Gaggia Classic' },
      ],
    },
    {
      app: 'mail',
      person: 'Bistro Lune',
      subject: 'Wholesale, 20 kg a month',
      assignee: 'owner',
      hoursAgo: 5,
      lines: [
        {
          they: 'Dear Grain & Cup team,\n\nwe run two bistros in Lyon and would like to try your house blend. What would 20 kg a month cost, and do you lend grinders?\n\nBest regards,\nAmélie Fournier',
        },
      ],
      tags: ['wholesale'],
    },
    {
      app: 'phone',
      person: 'Grace Adeyemi',
      hoursAgo: 7,
      lines: [
        { they: 'Do you do gift cards?' },
        { we: 'We do: 20, 50 or 100, by e-mail or on paper.', choices: ['20', '50', '100'] },
        { they: '50' },
        { we: 'Wonderful. Here is the link: https://grain.example/gift/50' },
        { they: 'paid, thank you!! ❤️' },
      ],
      closed: true,
      tags: ['gift'],
    },
    {
      app: 'site',
      person: 'Petr Novak',
      hoursAgo: 26,
      lines: [{ they: 'do you ship to Prague?' }, { we: 'Yes, two to three days, free from 40 €.' }],
      closed: true,
    },
    {
      app: 'phone',
      person: 'Lucas Martin',
      hoursAgo: 28,
      lines: [
        { they: 'The subscription box came with the wrong beans, I have Brazil instead of Ethiopia' },
        { we: 'That was our mistake. Keep the Brazil; the Ethiopia leaves today.' },
        { they: 'wow ok, great service' },
      ],
      closed: true,
      tags: ['subscription'],
    },
    {
      app: 'mail',
      person: 'Hannah Weiss',
      subject: 'Re: Your order 1029',
      hoursAgo: 30,
      lines: [
        {
          they: 'Could I change the address of order 1029? We move on Saturday. The new one: Hauptplatz 3, 8010 Graz.',
        },
        { we: 'Done: order 1029 goes to Hauptplatz 3. Good luck with the move!' },
      ],
      closed: true,
    },
    {
      app: 'phone',
      person: 'Elif Demir',
      hoursAgo: 44,
      lines: [{ they: 'Will there be a cupping in December?' }, { note: 'Dates are fixed on Monday.' }],
      snoozedForHours: 40,
      assignee: 'owner',
    },
  ],
}
