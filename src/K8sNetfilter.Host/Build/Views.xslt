<?xml version="1.0" encoding="utf-8"?>
<!--
  Turns the module's views (about_Format.ps1xml) into C# that builds the same views through the engine's own builders: k8snf then
  reads no XML when it starts, and has the views with it where it is one file. What this sheet does not know stops the build.
  A Text or Lines of a property becomes a hidden property whose getter does the same in C#: the engine would compile the script block when
  it shows the first row, and that is a tenth of a run.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:include href="../../K8sNetfilter/Views/Text.xslt" />
  <xsl:output method="text" encoding="utf-8" />
  <xsl:strip-space elements="*" />

  <xsl:template match="/Configuration">
    <xsl:text><![CDATA[// Made by the build from src/K8sNetfilter/Views.
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace K8sNetfilter.Host.Engine;

/// <summary>The module's views.</summary>
internal static class Views
{
    /// <summary>Builds them.</summary>
    public static IEnumerable<ExtendedTypeDefinition> Build()
    {
]]></xsl:text>
    <xsl:if test="//TableControl">        TableControlBuilder table;
        TableRowDefinitionBuilder row;
</xsl:if>
    <xsl:if test="//ListControl">        ListControlBuilder list;
        ListEntryBuilder entry;
</xsl:if>
    <xsl:apply-templates select="ViewDefinitions/View" />
    <xsl:text>        yield break;
    }

    /// &lt;summary&gt;The properties that stand in these views for script blocks.&lt;/summary&gt;
    public static IEnumerable&lt;TypeData&gt; Properties()
    {
</xsl:text>
    <xsl:apply-templates select="ViewDefinitions/View" mode="property" />
    <xsl:text>        yield break;
    }

</xsl:text>
    <xsl:apply-templates select="ViewDefinitions/View" mode="getter" />
    <xsl:text>    private static void Add(TypeData type, string name, Func&lt;PSObject, object&gt; getter) =>
        type.Members.Add(name, new CodePropertyData(name, getter.Method) { IsHidden = true });

    private static IEnumerable&lt;TypeData&gt; TypesOf(string name) => [new TypeData(name), new TypeData("Deserialized." + name)];

    private static ExtendedTypeDefinition View(string name, PSControl control, params string[] types)
    {
        var definition = new ExtendedTypeDefinition(types[0], [new FormatViewDefinition(name, control)]);
        for (int i = 1; i &lt; types.Length; i++)
        {
            definition.TypeNames.Add(types[i]);
        }

        return definition;
    }
}
</xsl:text>
  </xsl:template>

  <xsl:template match="View">
    <xsl:apply-templates select="*[not(self::Name or self::ViewSelectedBy)]" />
    <xsl:text>        yield return View(</xsl:text>
    <xsl:call-template name="literal"><xsl:with-param name="text" select="Name" /></xsl:call-template>
    <xsl:choose>
      <xsl:when test="TableControl">, table.EndTable()</xsl:when>
      <xsl:otherwise>, list.EndList()</xsl:otherwise>
    </xsl:choose>
    <xsl:for-each select="ViewSelectedBy/TypeName">
      <xsl:text>, </xsl:text>
      <xsl:call-template name="literal"><xsl:with-param name="text" select="." /></xsl:call-template>
    </xsl:for-each>
    <xsl:text>);
</xsl:text>
  </xsl:template>

  <!-- GroupBy is set on the control that follows it or stands before it. -->
  <xsl:template match="GroupBy" />
  <xsl:template name="group">
    <xsl:param name="builder" />
    <xsl:for-each select="../GroupBy">
      <xsl:value-of select="concat('        ', $builder, '.')" />
      <xsl:choose>
        <xsl:when test="ScriptBlock|Text">GroupByScriptBlock(</xsl:when>
        <xsl:otherwise>GroupByProperty(</xsl:otherwise>
      </xsl:choose>
      <xsl:call-template name="shown" />
      <xsl:if test="Label">
        <xsl:text>, label: </xsl:text>
        <xsl:call-template name="literal"><xsl:with-param name="text" select="Label" /></xsl:call-template>
      </xsl:if>
      <xsl:text>);
</xsl:text>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="TableControl">
    <xsl:value-of select="concat('        table = TableControl.Create(autoSize: ', boolean(AutoSize), ', hideTableHeaders: ', boolean(HideTableHeaders), ');&#10;')" />
    <xsl:call-template name="group"><xsl:with-param name="builder" select="'table'" /></xsl:call-template>
    <xsl:apply-templates select="*[not(self::AutoSize or self::HideTableHeaders)]" />
  </xsl:template>

  <xsl:template match="TableHeaders"><xsl:apply-templates /></xsl:template>
  <xsl:template match="TableColumnHeader">
    <xsl:text>        table.AddHeader(</xsl:text>
    <xsl:call-template name="alignment" />
    <xsl:text>, </xsl:text>
    <xsl:choose>
      <xsl:when test="Width"><xsl:value-of select="Width" /></xsl:when>
      <xsl:otherwise>0</xsl:otherwise>
    </xsl:choose>
    <xsl:if test="Label">
      <xsl:text>, </xsl:text>
      <xsl:call-template name="literal"><xsl:with-param name="text" select="Label" /></xsl:call-template>
    </xsl:if>
    <xsl:text>);
</xsl:text>
  </xsl:template>

  <xsl:template match="TableRowEntries"><xsl:apply-templates /></xsl:template>
  <xsl:template match="TableRowEntry">
    <xsl:value-of select="concat('        row = table.StartRowDefinition(wrap: ', boolean(Wrap), ');&#10;')" />
    <xsl:apply-templates select="*[not(self::Wrap)]" />
    <xsl:text>        row.EndRowDefinition();
</xsl:text>
  </xsl:template>
  <xsl:template match="TableColumnItems"><xsl:apply-templates /></xsl:template>
  <xsl:template match="TableColumnItem">
    <xsl:variable name="property"><xsl:apply-templates select="Text|Lines" mode="name" /></xsl:variable>
    <xsl:choose>
      <xsl:when test="not(PropertyName) and $property = ''">        row.AddScriptBlockColumn(</xsl:when>
      <xsl:otherwise>        row.AddPropertyColumn(</xsl:otherwise>
    </xsl:choose>
    <xsl:call-template name="shown"><xsl:with-param name="property" select="$property" /></xsl:call-template>
    <xsl:text>, </xsl:text>
    <xsl:call-template name="alignment" />
    <xsl:call-template name="format" />
    <xsl:text>);
</xsl:text>
    <xsl:apply-templates select="*[not(self::ScriptBlock or self::Text or self::Lines or self::PropertyName or self::Alignment or self::FormatString)]" />
  </xsl:template>

  <xsl:template match="ListControl">
    <xsl:text>        list = ListControl.Create();
</xsl:text>
    <xsl:call-template name="group"><xsl:with-param name="builder" select="'list'" /></xsl:call-template>
    <xsl:apply-templates />
  </xsl:template>
  <xsl:template match="ListEntries"><xsl:apply-templates /></xsl:template>
  <xsl:template match="ListEntry">
    <xsl:text>        entry = list.StartEntry();
</xsl:text>
    <xsl:apply-templates />
    <xsl:text>        entry.EndEntry();
</xsl:text>
  </xsl:template>
  <xsl:template match="ListItems"><xsl:apply-templates /></xsl:template>
  <xsl:template match="ListItem">
    <xsl:variable name="property"><xsl:apply-templates select="Text|Lines" mode="name" /></xsl:variable>
    <xsl:choose>
      <xsl:when test="not(PropertyName) and $property = ''">        entry.AddItemScriptBlock(</xsl:when>
      <xsl:otherwise>        entry.AddItemProperty(</xsl:otherwise>
    </xsl:choose>
    <xsl:call-template name="shown"><xsl:with-param name="property" select="$property" /></xsl:call-template>
    <xsl:if test="Label">
      <xsl:text>, label: </xsl:text>
      <xsl:call-template name="literal"><xsl:with-param name="text" select="Label" /></xsl:call-template>
    </xsl:if>
    <xsl:call-template name="format" />
    <xsl:text>);
</xsl:text>
    <xsl:apply-templates select="*[not(self::ScriptBlock or self::Text or self::Lines or self::PropertyName or self::Label or self::FormatString)]" />
  </xsl:template>

  <!-- The name of the hidden property that stands for a Text or Lines; nothing where that holds an expression. -->
  <xsl:template match="Text|Lines" mode="name">
    <xsl:if test="not(contains(., '$'))">
      <xsl:value-of select="concat('View', count(preceding::Text) + count(preceding::Lines) + 1)" />
    </xsl:if>
  </xsl:template>

  <!-- What came from another session has the type's name with a prefix, and its values as properties only. -->
  <xsl:template match="View" mode="property">
    <xsl:variable name="names"><xsl:apply-templates select=".//*[self::TableColumnItem or self::ListItem]/*[self::Text or self::Lines]" mode="name" /></xsl:variable>
    <xsl:if test="$names != ''">
      <xsl:variable name="data" select="concat('data', position())" />
      <xsl:value-of select="concat('        foreach (var ', $data, ' in TypesOf(&quot;', ViewSelectedBy/TypeName, '&quot;))&#10;        {&#10;')" />
      <xsl:for-each select=".//*[self::TableColumnItem or self::ListItem]/*[self::Text or self::Lines]">
        <xsl:variable name="name"><xsl:apply-templates select="." mode="name" /></xsl:variable>
        <xsl:if test="$name != ''"><xsl:value-of select="concat('            Add(', $data, ', &quot;', $name, '&quot;, ', $name, ');&#10;')" /></xsl:if>
      </xsl:for-each>
      <xsl:value-of select="concat('            yield return ', $data, ';&#10;        }&#10;&#10;')" />
    </xsl:if>
  </xsl:template>

  <xsl:template match="View" mode="getter">
    <xsl:for-each select=".//*[self::TableColumnItem or self::ListItem]/*[self::Text or self::Lines]">
      <xsl:variable name="name"><xsl:apply-templates select="." mode="name" /></xsl:variable>
      <xsl:if test="$name != ''">
        <!-- The engine takes a public method only. -->
        <xsl:value-of select="concat('    public static object ', $name, '(PSObject shown) => ViewText.', name(), '(shown.BaseObject is ', ancestor::View/ViewSelectedBy/TypeName)" />
        <xsl:value-of select="concat(' value ? value.', ., ' : shown.Properties[&quot;', ., '&quot;]?.Value')" />
        <xsl:if test="self::Text">, <xsl:call-template name="maximum" /></xsl:if>
        <xsl:text>);&#10;&#10;</xsl:text>
      </xsl:if>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="shown">
    <xsl:param name="property" />
    <xsl:choose>
      <xsl:when test="$property != ''"><xsl:value-of select="concat('&quot;', $property, '&quot;')" /></xsl:when>
      <xsl:when test="Text|Lines">
        <xsl:variable name="script"><xsl:apply-templates select="Text|Lines" mode="script" /></xsl:variable>
        <xsl:call-template name="literal"><xsl:with-param name="text" select="$script" /></xsl:call-template>
      </xsl:when>
      <xsl:otherwise><xsl:call-template name="literal"><xsl:with-param name="text" select="ScriptBlock|PropertyName" /></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="alignment">
    <xsl:text>Alignment.</xsl:text>
    <xsl:choose>
      <xsl:when test="Alignment"><xsl:value-of select="Alignment" /></xsl:when>
      <xsl:otherwise>Undefined</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="format">
    <xsl:if test="FormatString">
      <xsl:text>, format: </xsl:text>
      <xsl:call-template name="literal"><xsl:with-param name="text" select="FormatString" /></xsl:call-template>
    </xsl:if>
  </xsl:template>

  <!-- A C# verbatim string: quotation marks are doubled. -->
  <xsl:template name="literal">
    <xsl:param name="text" />
    <xsl:text>@"</xsl:text>
    <xsl:call-template name="doubled"><xsl:with-param name="text" select="$text" /></xsl:call-template>
    <xsl:text>"</xsl:text>
  </xsl:template>
  <xsl:template name="doubled">
    <xsl:param name="text" />
    <xsl:choose>
      <xsl:when test="contains($text, '&quot;')">
        <xsl:value-of select="concat(substring-before($text, '&quot;'), '&quot;&quot;')" />
        <xsl:call-template name="doubled"><xsl:with-param name="text" select="substring-after($text, '&quot;')" /></xsl:call-template>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$text" /></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="*">
    <xsl:message terminate="yes">Views.xslt does not know the element <xsl:value-of select="name()" /> (in the view <xsl:value-of select="ancestor::View/Name" />): teach it, or write the view without.</xsl:message>
  </xsl:template>
</xsl:stylesheet>
