<?xml version="1.0" encoding="utf-8"?>
<!-- Turns the views into the file that PowerShell reads (about_Format.ps1xml): all stays but Text and Lines, which become script blocks. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:include href="Text.xslt" />
  <xsl:output method="xml" encoding="utf-8" omit-xml-declaration="yes" />

  <xsl:template match="Text|Lines"><ScriptBlock><xsl:apply-templates select="." mode="script" /></ScriptBlock></xsl:template>
  <xsl:template match="*"><xsl:copy><xsl:apply-templates /></xsl:copy></xsl:template>
</xsl:stylesheet>
