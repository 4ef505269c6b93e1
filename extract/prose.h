/* Indicators in lines of prose: 数量指标：更换喷淋头≥420个 below 产出指标. */
#ifndef SHENBAO_PROSE_H
#define SHENBAO_PROSE_H

#include "walk.h"

/* Reads such lines from a row on; returns the row behind them, or `row` where there are none. */
uint32_t prose_indicators(struct walk *walk, uint32_t row, uint32_t to);

#endif
