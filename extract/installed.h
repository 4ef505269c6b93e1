/* Where the program finds the files that were installed with it. */
#ifndef SHENBAO_INSTALLED_H
#define SHENBAO_INSTALLED_H

/* The folder of the default grammars, or NULL when there is none. Lives as long
 * as the program. */
const char *installed_grammars(void);

/* The same for the documents that explain the rules. */
const char *installed_docs(void);

#endif
