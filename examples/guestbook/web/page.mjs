const style = `
  body {font: 17px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; color: #222; background: #fbfaf7}
  h1 {font-weight: 600; margin-bottom: 0}
  .about {color: #777; margin-top: 0}
  form {display: grid; gap: .5rem; margin: 2rem 0}
  input, textarea, button {font: inherit; padding: .5rem .7rem; border: 1px solid #ccc; border-radius: 6px; background: #fff}
  button {background: #2b5c8a; border-color: #2b5c8a; color: #fff; cursor: pointer; justify-self: start}
  article {border-top: 1px solid #e3dfd5; padding: .8rem 0}
  article p {margin: 0; white-space: pre-wrap; overflow-wrap: anywhere}
  small {color: #777}
  @media (prefers-color-scheme: dark) {
    body {background: #1b1b1d; color: #ddd}
    input, textarea {background: #26262a; border-color: #444; color: inherit}
    article {border-color: #333}
  }
`

/** The whole page. */
export const page = ({entries, hits, host}) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Guestbook</title>
<style>${style}</style>
<h1>Guestbook</h1>
<p class="about">Visit ${hits}, answered by ${escaped(host)}.</p>
<form method="post" action="/entries">
  <input name="name" placeholder="Your name" required maxlength="60" aria-label="Your name">
  <textarea name="text" placeholder="What would you like to say?" required maxlength="1000" rows="3" aria-label="Text"></textarea>
  <button>Sign</button>
</form>
${entries.map(article).join('\n')}
</html>
`

const article = ({name, text, host, written}) => `<article>
  <p>${escaped(text)}</p>
  <small>${escaped(name)}, ${written.toISOString().slice(0, 16).replace('T', ' ')}, by way of ${escaped(host)}</small>
</article>`

const escapes = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'}

const escaped = text => text.replaceAll(/[&<>"']/g, each => escapes[each])
