<?xml version="1.0" encoding="utf-8"?>
<!--
  Makes the class of a room's messages. A message without arguments becomes a property; one with {0}, {1}, … becomes a method, whose
  parameters are the comment: <data name="NoSuchBridge"><value>There is no bridge {0}.</value><comment>string bridge</comment></data>
  The build fails if the comment does not name what the text uses.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="text" encoding="utf-8" />
  <xsl:param name="space" />
  <xsl:param name="class" />

  <xsl:template match="/root">
    <xsl:text>// &lt;auto-generated/&gt;
#nullable enable
using System.Globalization;
using System.Net;
using System.Resources;
using System.Text;
using K8sNetfilter.Text;

namespace </xsl:text><xsl:value-of select="$space" /><xsl:text>;

internal static class </xsl:text><xsl:value-of select="$class" /><xsl:text>
{
    private static readonly ResourceManager s_resources = new("</xsl:text><xsl:value-of select="concat($space, '.', $class)" />
    <xsl:text>", typeof(</xsl:text><xsl:value-of select="$class" /><xsl:text>).Assembly);

    private static string Get(string name) => s_resources.GetString(name, Language.Messages) ?? name;

    private static CompositeFormat Parse(string name) => CompositeFormat.Parse(Get(name));
</xsl:text>
    <xsl:apply-templates select="data" />
    <xsl:text>}
</xsl:text>
  </xsl:template>

  <xsl:template match="data">
    <xsl:call-template name="check" />
    <xsl:text>
    private static string? s_</xsl:text><xsl:value-of select="@name" /><xsl:text>;

    /// &lt;summary&gt;&lt;![CDATA[</xsl:text><xsl:value-of select="value" /><xsl:text>]]&gt;&lt;/summary&gt;
    public static string </xsl:text><xsl:value-of select="@name" />
    <xsl:text> =&gt; s_</xsl:text><xsl:value-of select="@name" /><xsl:text> ??= Get("</xsl:text><xsl:value-of select="@name" /><xsl:text>");
</xsl:text>
  </xsl:template>

  <xsl:template match="data[comment]">
    <xsl:call-template name="check" />
    <xsl:text>
    private static CompositeFormat? s_</xsl:text><xsl:value-of select="@name" /><xsl:text>;

    /// &lt;summary&gt;&lt;![CDATA[</xsl:text><xsl:value-of select="value" /><xsl:text>]]&gt;&lt;/summary&gt;
    public static string </xsl:text><xsl:value-of select="@name" />(<xsl:value-of select="comment" />
    <xsl:text>) =&gt;
        string.Format(CultureInfo.InvariantCulture, s_</xsl:text><xsl:value-of select="@name" />
    <xsl:text> ??= Parse("</xsl:text><xsl:value-of select="@name" /><xsl:text>")</xsl:text>
    <xsl:call-template name="arguments"><xsl:with-param name="list" select="comment" /></xsl:call-template>
    <xsl:text>);
</xsl:text>
  </xsl:template>

  <!-- Of "string bridge, int ports": ", bridge, ports". -->
  <xsl:template name="arguments">
    <xsl:param name="list" />
    <xsl:variable name="first" select="substring-before(concat($list, ','), ',')" />
    <xsl:variable name="rest" select="substring-after($list, ', ')" />
    <xsl:value-of select="concat(', ', substring-after($first, ' '))" />
    <xsl:if test="$rest != ''">
      <xsl:call-template name="arguments"><xsl:with-param name="list" select="$rest" /></xsl:call-template>
    </xsl:if>
  </xsl:template>

  <!-- Each parameter is used, and nothing else is. -->
  <xsl:template name="check">
    <xsl:param name="number" select="0" />
    <xsl:param name="list" select="comment" />
    <xsl:variable name="isUsed" select="contains(value, concat('{', $number, '}')) or contains(value, concat('{', $number, ':')) or contains(value, concat('{', $number, ','))" />
    <xsl:choose>
      <xsl:when test="$list and $list != ''">
        <xsl:if test="not($isUsed)">
          <xsl:message terminate="yes"><xsl:value-of select="concat(@name, ': {', $number, '} is in the comment and not in the text')" /></xsl:message>
        </xsl:if>
        <xsl:call-template name="check">
          <xsl:with-param name="number" select="$number + 1" />
          <xsl:with-param name="list" select="substring-after($list, ', ')" />
        </xsl:call-template>
      </xsl:when>
      <xsl:when test="$isUsed">
        <xsl:message terminate="yes"><xsl:value-of select="concat(@name, ': {', $number, '} is in the text and not in the comment')" /></xsl:message>
      </xsl:when>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
