using System.Globalization;
using System.Text;

namespace Lateen.Inspection.Tables;

/// <summary>A left-aligned text table as istioctl prints them.</summary>
/// <remarks>
/// A column is as wide as its longest cell, header included, plus the padding; the last cell of a row is never padded, so a row whose
/// last cell is empty ends in blanks. Widths count Unicode scalar values. Each row ends with a line feed.
/// </remarks>
/// <param name="padding">Blanks between the longest cell of a column and the next column.</param>
/// <param name="header">The column names.</param>
public sealed class TextTable(int padding, params string[] header)
{
    private readonly List<string[]> _rows = [header];

    /// <summary>Adds a row; it must have as many cells as the header.</summary>
    /// <exception cref="ArgumentException">The number of cells differs from the header's.</exception>
    public void Add(params string[] cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        if (cells.Length != _rows[0].Length)
        {
            throw new ArgumentException($"a row has {cells.Length} cells, the header {_rows[0].Length}", nameof(cells));
        }

        _rows.Add(cells);
    }

    /// <summary>The whole table as text.</summary>
    public override string ToString()
    {
        int columns = _rows[0].Length;
        int[] widths = [.. Enumerable.Range(0, columns).Select(c => _rows.Max(r => Width(r[c])) + padding)];
        StringBuilder text = new();
        foreach (string[] row in _rows)
        {
            for (int c = 0; c < columns; c++)
            {
                text.Append(row[c]);
                if (c < columns - 1)
                {
                    text.Append(' ', widths[c] - Width(row[c]));
                }
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static int Width(string cell) => new StringInfo(cell).LengthInTextElements;
}
