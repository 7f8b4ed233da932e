// How doctest prints a Result: the failure's words, or that there is a value.
#pragma once

#include <doctest/doctest.h>

#include "harbor_router/base/result.hpp"

template <class T>
struct doctest::StringMaker<harbor_router::base::Result<T>> {
  static String convert(const harbor_router::base::Result<T>& result) {
    if (result) return "a value";
    return (std::string(to_string(result.error().code)) + ": " + result.error().detail).c_str();
  }
};
