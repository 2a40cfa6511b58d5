<#
.SYNOPSIS
    What the views of the samples must show, and what of that a shown text lacks: a cell that is blank, cut or left out.
#>
$FormatEnumerationLimit = 100
if ($PSStyle) { $PSStyle.OutputRendering = 'PlainText' }

function Get-Bare($Text) { "$Text" -replace '\s' }

# The views of an object: what each column or line shows of it here and now, in this session.
function Get-Expectation($Object, [xml] $Formats) {
    foreach ($typeName in $Object.PSTypeNames) {
        $views = @($Formats.Configuration.ViewDefinitions.View | Where-Object { $_.ViewSelectedBy.TypeName -ceq $typeName })
        if ($views) { break }
    }
    foreach ($view in $views) {
        $isTable = $null -ne $view.TableControl
        $items = if ($isTable) { @($view.TableControl.TableRowEntries.TableRowEntry.TableColumnItems.TableColumnItem) } else { @($view.ListControl.ListEntries.ListEntry.ListItems.ListItem) }
        $headers = if ($isTable) { @($view.TableControl.TableHeaders.TableColumnHeader) }
        [pscustomobject]@{
            Type = $typeName; View = $view.Name; IsTable = $isTable; IsDefault = $view -eq $views[0]
            Columns = @(for ($i = 0; $i -lt $items.Count; $i++) {
                $item = $items[$i]
                $value = if ($item.PropertyName) { $Object.($item.PropertyName) } else { $Object | ForEach-Object { & ([scriptblock]::Create($item.ScriptBlock)) } }
                $text = if ($item.PropertyName -and $value -is [Collections.IEnumerable] -and $value -isnot [string]) { '{' + (@($value) -join ',') + '}' } else { "$value" }
                [pscustomobject]@{
                    Label = if ($isTable) { $headers[$i].Label } elseif ($item.Label) { $item.Label } else { $item.PropertyName }
                    Width = if ($isTable -and $headers[$i].Width) { [int]$headers[$i].Width } else { 0 }; Shown = Get-Bare $text
                }
            })
        }
    }
}

# A column with a width has it; the others share what is left, as PowerShell shares it.
function Get-ColumnWidth($Columns, [int] $Width) {
    $widths = @($Columns | ForEach-Object { if ($_.Width) { $_.Width } else { 1 } })
    $left = $Width - ($widths | Measure-Object -Sum).Sum - $widths.Count + 1
    while ($left -gt 0 -and @($Columns | Where-Object Width -EQ 0)) {
        for ($i = 0; $i -lt $widths.Count -and $left -gt 0; $i++) { if (-not $Columns[$i].Width) { $widths[$i]++; $left-- } }
    }
    $widths
}

# What a table of one object lacks; nothing where it has it all.
function Find-TableFault($Text, $Columns, [int] $Width) {
    $lines = @($Text -split '\r?\n')
    $lines | Where-Object { $_.Length -gt $Width } | ForEach-Object { "a line is longer than $Width columns: $_" }
    $rule = [array]::FindIndex([string[]]$lines, [Predicate[string]] { param($l) $l -match '^[- ]*-[- ]*$' })
    if ($rule -lt 0) { return "there is no table: $Text" }
    $first = $rule - 1
    while ($first -gt 0 -and $lines[$first - 1].Trim()) { $first-- }
    $last = $rule
    while ($last + 1 -lt $lines.Count -and $lines[$last + 1].Trim()) { $last++ }
    $start = 0
    $widths = @(Get-ColumnWidth $Columns $Width)
    for ($i = 0; $i -lt $widths.Count; $i++) {
        $cells = foreach ($range in @($first..($rule - 1)), @($(if ($last -gt $rule) { ($rule + 1)..$last }))) {
            Get-Bare (-join ($range | ForEach-Object { $lines[$_].PadRight(400).Substring($start, $widths[$i]) }))
        }
        if ($cells[0] -cne (Get-Bare $Columns[$i].Label)) { "the column '$($Columns[$i].Label)' has the header '$($cells[0])'" }
        if ($cells[1] -cne $Columns[$i].Shown) { "the column '$($Columns[$i].Label)' shows '$($cells[1])', not '$($Columns[$i].Shown)'" }
        $start += $widths[$i] + 1
    }
}

# What a list of one object lacks.
function Find-ListFault($Text, $Columns, [int] $Width) {
    @($Text -split '\r?\n') | Where-Object { $_.Length -gt $Width } | ForEach-Object { "a line is longer than $Width columns: $_" }
    $bare = Get-Bare $Text
    foreach ($column in $Columns) {
        if (-not $bare.Contains("$(Get-Bare $column.Label):$($column.Shown)")) { "the line '$($column.Label)' does not show '$($column.Shown)'" }
    }
}

# Shows the objects with the views of this session, at each width, and writes what is wrong.
function Find-ViewFault($Objects, $Expectations, [int[]] $Widths) {
    for ($i = 0; $i -lt $Objects.Count; $i++) {
        foreach ($view in $Expectations[$i]) {
            foreach ($width in $Widths) {
                $faults = if ($view.IsTable) {
                    $text = if ($view.IsDefault) { $Objects[$i] | Out-String -Width $width } else { $Objects[$i] | Format-Table -View $view.View | Out-String -Width $width }
                    Find-TableFault $text $view.Columns $width
                }
                else {
                    $text = if ($view.IsDefault) { $Objects[$i] | Out-String -Width $width } else { $Objects[$i] | Format-List -View $view.View | Out-String -Width $width }
                    Find-ListFault $text $view.Columns $width
                }
                $faults | ForEach-Object { "$($view.Type), $($view.View), $width columns: $_" }
            }
        }
    }
}

# Without any view of ours: every property that has a value is named, and shows one.
function Find-PlainFault($Objects) {
    foreach ($object in $Objects) {
        $bare = Get-Bare ($object | Out-String -Width 200)
        foreach ($property in $object.PSObject.Properties | Where-Object { $null -ne $_.Value -and "$($_.Value)" -and $_.Value -isnot [Collections.IEnumerable] -or $_.Value -is [string] -and $_.Value }) {
            $start = Get-Bare $property.Value.ToString()
            if (-not $bare.Contains($start.Substring(0, [Math]::Min(20, $start.Length)))) { "$($object.PSTypeNames[0]) does not show $($property.Name) '$($property.Value)'" }
        }
    }
}
