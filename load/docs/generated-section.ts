const begin = (name: string) => `<!-- generated: ${name}; written by \`npm run docs\`, not by hand -->`
const end = (name: string) => `<!-- end of generated: ${name} -->`

/** The page with its section of that name replaced; everything around the markers stays as it is. */
export function replaceGeneratedSection(page: string, name: string, content: string): string {
  const beginAt = page.indexOf(begin(name))
  const endAt = page.indexOf(end(name), beginAt)
  if (beginAt === -1 || endAt === -1) {
    throw new Error(`the page needs the lines\n${begin(name)}\n${end(name)}`)
  }
  return `${page.slice(0, beginAt)}${begin(name)}\n\n${content}\n\n${page.slice(endAt)}`
}
