"""Tests with the real Appium, the real UiAutomator2 driver and the real adb."""
