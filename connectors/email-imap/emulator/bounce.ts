/** The letter by which a server says later that it could not deliver one (RFC 3464), as Postfix writes it. */
export interface Bounce {
  to: string
  /** Of the letter that comes back, as it was sent. */
  original: Buffer
  recipient: string
  status?: string
  action?: 'failed' | 'delayed' | 'delivered'
  words?: string
}

export function bounceOf({ to, original, recipient, status = '5.1.1', action = 'failed', words }: Bounce): Buffer {
  const text = original.toString('latin1')
  const headers = text.slice(0, text.indexOf('\r\n\r\n') + 2)
  const diagnostic = words ?? `550 ${status} <${recipient}>: Recipient address rejected: User unknown`
  return Buffer.from(
    `From: Mail Delivery System <MAILER-DAEMON@mx.example.test>
Subject: Undelivered Mail Returned to Sender
To: ${to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"
Date: ${new Date().toUTCString()}
Message-Id: <bounce-${Math.random().toString(36).slice(2)}@mx.example.test>

--B1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test

Final-Recipient: rfc822; ${recipient}
Original-Recipient: rfc822;${recipient}
Action: ${action}
Status: ${status}
Diagnostic-Code: smtp; ${diagnostic}

--B1
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

${headers}
--B1--
`.replaceAll(/\r?\n/g, '\r\n'),
    'latin1',
  )
}
