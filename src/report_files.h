/*
 * report_files.h: the style and the script of a report, made of report.css and report.js by the build. Lines, ended by
 * NULL.
 */
#ifndef OMNI_REPORT_FILES_H
#define OMNI_REPORT_FILES_H

extern const char *const *const report_style, *const *const report_script;

#endif
