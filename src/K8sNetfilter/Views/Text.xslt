<?xml version="1.0" encoding="utf-8"?>
<!--
  What <Text> and <Lines> in a view mean, as a script block that needs no type of this module: a view also shows what comes from another
  session (a job, remoting, Import-Clixml), and may be loaded where the module is not. Both hold a property's name, or an expression of $_.
    Text    in one line: white space is blanks, a list is joined by commas, and at most Maximum characters (500) are shown, then "...".
    Lines   each item of a list in a line of its own.
  Control and format characters become \xNN and \uNNNN, as K8sNetfilter.Text.Printable writes them: outside text must not reach a terminal raw.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template name="shown-value">
    <xsl:if test="not(contains(., '$'))">$_.</xsl:if>
    <xsl:value-of select="." />
  </xsl:template>

  <xsl:template name="maximum">
    <xsl:choose>
      <xsl:when test="@Maximum"><xsl:value-of select="@Maximum" /></xsl:when>
      <xsl:otherwise>500</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="printable"> -replace '\s', ' ' -replace '[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]|[\ud800-\udbff](?![\udc00-\udfff])|(?&lt;![\ud800-\udbff])[\udc00-\udfff]', { $c = [int]$_.Value[0]; if ($c -lt 256) { '\x{0:x2}' -f $c } else { '\u{0:x4}' -f $c } }</xsl:template>

  <xsl:template match="Text" mode="script">
    <xsl:variable name="maximum"><xsl:call-template name="maximum" /></xsl:variable>
    <xsl:text>$t = (@(</xsl:text>
    <xsl:call-template name="shown-value" />
    <xsl:text>) -join ', ')</xsl:text>
    <xsl:call-template name="printable" />
    <xsl:value-of select="concat('; if ($t.Length -gt ', $maximum, ') { $t.Substring(0, ', $maximum, &quot;) + '...' } else { $t }&quot;)" />
  </xsl:template>

  <xsl:template match="Lines" mode="script">
    <xsl:text>@(foreach ($i in @(</xsl:text>
    <xsl:call-template name="shown-value" />
    <xsl:text>)) { if ($null -ne $i) { "$i"</xsl:text>
    <xsl:call-template name="printable" />
    <xsl:text> } }) -join "`n"</xsl:text>
  </xsl:template>
</xsl:stylesheet>
