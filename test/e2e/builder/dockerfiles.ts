type Differences = {
  /** Paths that are other there, with the reason beside them. */
  readonly paths?: readonly string[]
  readonly settings?: readonly string[]
}

export type Case = {
  readonly name: string
  readonly dockerfile: string
  /** Other programs that can read it. */
  readonly by: ReadonlyArray<'buildah' | 'docker'>
  /** The same in words that every program knows. */
  readonly like?: string
  readonly ignore?: string
  readonly target?: string
  readonly args?: Readonly<Record<string, string>>
  readonly differs?: Readonly<Partial<Record<'buildah' | 'docker', Differences>>>
}

const both = ['buildah', 'docker'] as const

export const cases: readonly Case[] = [
  {
    name: 'copies',
    by: both,
    dockerfile: `FROM base:1
COPY a.txt /one
COPY a.txt b.txt /two/
COPY dir /three
COPY dir/ /four/
COPY *.txt /five/
COPY d?r/sub /six
COPY ["a.txt", "/with blank/"]
WORKDIR /seven/deep
COPY run.sh .
COPY a.txt ./renamed
COPY empty /eight
COPY . /all
COPY a.txt /old/below/
COPY b.txt /old/file
COPY dir /old/below/../below
`,
  },
  {
    name: 'owners',
    by: both,
    dockerfile: `FROM base:1
COPY --chown=user:group dir /named
COPY --chown=11:12 a.txt /numbers/a
COPY --chown=user:own b.txt /user
COPY --chown=21 b.txt /number
USER user
COPY a.txt /as-root
RUN touch /tmp/mine
`,
  },
  {
    name: 'links',
    by: both,
    dockerfile: `FROM base:1
COPY link.txt /followed
COPY dirlink /tree
COPY dir/up.txt /up
COPY a.txt /link/through
COPY dir /link/dir
`,
  },
  {
    name: 'archives',
    by: both,
    dockerfile: `FROM base:1
ADD packed.tar.gz /unpacked
ADD packed.tar.gz /unpacked/again/
COPY packed.tar.gz /copied/
ADD plain.gz /plain/
ADD a.txt dir /added/
`,
  },
  {
    name: 'variables',
    by: both,
    args: {GIVEN: 'from outside', VERSION: '3'},
    dockerfile: `ARG VERSION=1
FROM base:\${UNKNOWN:-1} AS first
ARG GIVEN=default
ARG VERSION
ARG NONE
ENV A=1 B="two words" C='single $A' D=a\\ b
ENV OLD the rest  of the line
ENV E=$A F=\${B} G=\${NONE:-fallback} H=\${A:+set} I=\${NONE:+unset} J=\\$A K="\\"q\\""
ENV A=2 L=$A
LABEL one=1 "two words"="b c" three="\${GIVEN} $VERSION"
LABEL four=4
WORKDIR /$A/x
WORKDIR y
EXPOSE 80 443/tcp 53/udp $VERSION
USER $A:3
STOPSIGNAL SIGUSR1
VOLUME /v1 "/v2"
VOLUME ["/v3"]
RUN echo "$GIVEN $VERSION $A $L" > /tmp/seen
COPY \${A:+a}.txt /\${GIVEN}/
`,
    // RUN makes directories of volumes there, and the user of a later line has the directory of WORKDIR.
    differs: {
      docker: {paths: ['v1', 'v2', 'v3']},
      buildah: {paths: ['v1', 'v2', 'v3', '2', '2/x', '2/x/y']},
    },
  },
  {
    name: 'stages',
    by: both,
    target: 'last',
    dockerfile: `FROM base:1 AS builder
RUN echo built > /built && chmod 700 /built && chown 7:9 /built
FROM base:1 AS needless
RUN true
FROM builder AS middle
ENV MIDDLE=1
RUN cp /built /again
FROM base:1 AS last
COPY --from=builder /built /from/name
COPY --from=2 /again /from/number
COPY --from=base:1 /old /from/image
COPY --from=middle /old/below /from/below
COPY --from=base:1 /bin/capped /from/capped
FROM last
RUN false
`,
    // Capabilities of files are lost between its stages.
    differs: {docker: {paths: ['from/capped']}},
  },
  {
    name: 'commands',
    by: both,
    dockerfile: `FROM base:1
ENTRYPOINT ["/bin/echo", "a b"]
CMD echo $HOME && true
HEALTHCHECK --interval=5s --timeout=3s --start-period=1m --retries=2 CMD test -e /x || exit 1
SHELL ["/bin/sh", "-ec"]
RUN echo shell > /shell
`,
  },
  {
    name: 'entrypoints',
    by: both,
    dockerfile: `FROM base:1 AS a
CMD ["lost"]
FROM a
HEALTHCHECK NONE
ENTRYPOINT exec sh
MAINTAINER somebody
`,
  },
  {
    name: 'triggers',
    // Of a stage of the same file, buildah does none.
    by: ['docker'],
    dockerfile: `FROM base:1 AS a
ONBUILD COPY a.txt /triggered/
ONBUILD RUN echo run > /triggered/run
ONBUILD ENV T=1
RUN test ! -e /triggered
FROM a
COPY b.txt /triggered/
ONBUILD LABEL later=1
`,
  },
  {
    name: 'changes',
    by: both,
    dockerfile: `FROM base:1
RUN mkdir /new && echo n > /new/n && ln /new/n /new/hard && ln -s n /new/soft && mkfifo /new/fifo && chmod 2751 /new && chown 7:9 /new/n
RUN rm /old/file && rm -r /old/below && mkdir /old/below && echo again > /old/below/other
RUN mv /old /moved && echo file > /old
RUN rm /new/soft && mkdir /new/soft && touch /new/soft/in && chmod 4711 /new/n
RUN rm -r /moved && mkdir /moved && chmod 1777 /moved
RUN chmod 600 /bin/capped && mv /bin/capped /bin/other
RUN rm /link && echo no link > /link && chown 7 /dangling 2> /tmp/err; true
`,
    differs: {
      // The capability of a file whose mode is changed stays there, and here; what chown says to a dangling link is its own.
      docker: {paths: ['tmp/err']},
      buildah: {paths: ['tmp/err']},
    },
  },
  {
    name: 'over',
    by: both,
    dockerfile: `FROM base:1
COPY a.txt /old/below/file
COPY dir /old/below
RUN rm -r /old/below
COPY b.txt /old/below/back
COPY dir/sub /old/
`,
  },
  {
    name: 'ignored',
    by: both,
    ignore: '# what stays\nlogs/*\n!logs/keep.log\n**/d.txt\nlink*\n*.gz\n/empty\nDockerfile\n.dockerignore\n',
    dockerfile: 'FROM base:1\nCOPY . /all\nCOPY logs /logs\n',
  },
  {
    name: 'words',
    // buildah knows no escape character but one in a quoted word.
    by: ['docker'],
    dockerfile:
      `# escape=\`
# a comment
FROM base:1
RUN echo one \`
  # in between
  && echo two > \`

  /two
LABEL a=b \`
  c="d \`" e"
RUN echo 'C:\\x' > /x
COPY a.txt ` + '`\n b.txt `\n /files/\nrun echo lower > /lower\n',
  },
  {
    name: 'directories',
    by: both,
    dockerfile: `FROM base:1
WORKDIR /w/one
WORKDIR ../two
RUN echo here > there
WORKDIR /link/in
RUN touch x
WORKDIR /old/below
`,
    // A directory in which nothing is done is not made there.
    differs: {buildah: {paths: ['w/one']}},
  },
  {
    name: 'modes',
    by: ['buildah'],
    dockerfile: `FROM base:1
COPY --chmod=751 a.txt /m/a
COPY --chmod=4755 --chown=7:9 b.txt /m/b
`,
  },
  {
    name: 'mounts',
    by: ['buildah'],
    dockerfile: `FROM base:1 AS other
RUN echo other > /file
FROM base:1
RUN --mount=type=bind,target=/context cp /context/a.txt /copied
RUN --mount=type=bind,from=other,source=/file,target=/other cat /other > /of-other
RUN --mount=type=tmpfs,target=/scratch echo s > /scratch/s && cp /scratch/s /s
RUN --mount=type=cache,target=/cache echo c > /cache/c && cp /cache/c /c
`,
    // Directories that were made to mount on stay there.
    differs: {buildah: {paths: ['context', 'other', 'scratch', 'cache']}},
  },
  {
    name: 'heredocs',
    by: [],
    dockerfile: `FROM base:1
ENV A=1
COPY <<EOF <<"RAW" /here/
a $A
EOF
b $A
RAW
RUN <<EOF
echo one > /ran
echo $A >> /ran
EOF
RUN cat <<-EOF > /cat
	tabs
	EOF
RUN <<EOF
#!/bin/sh
echo script > /script
EOF
`,
    like: `FROM base:1
ENV A=1
RUN mkdir /here; echo 'a 1' > /here/EOF; echo 'b $A' > /here/RAW; echo one > /ran; echo 1 >> /ran; echo tabs > /cat; echo script > /script
`,
  },
  {
    name: 'newer',
    by: [],
    dockerfile: `FROM base:1
COPY --parents dir/sub/d.txt a.txt /parents/
COPY --exclude=*.txt --exclude=sub dir /excluded/
COPY --link a.txt /linked/
COPY --chmod=u=rwX,go= dir/sub /symbolic/
`,
    like: `FROM base:1
RUN mkdir -p /parents/dir && chmod 755 /parents
COPY dir/sub/d.txt /parents/dir/sub/
RUN chmod 750 /parents/dir/sub
COPY a.txt /parents/
COPY dir /excluded/
RUN rm -r /excluded/*.txt /excluded/sub
COPY a.txt /linked/
COPY dir/sub /symbolic
RUN chmod 700 /symbolic && chmod 600 /symbolic/d.txt
`,
  },
]
