using System.Globalization;
using System.Text;

namespace Lateen.Config.Decoding;

/// <summary>The way from an object's root to a field, written out only when a problem needs it.</summary>
internal sealed class FieldPath
{
    private readonly FieldPath? _parent;
    private readonly string _name;
    private readonly int _index;

    private FieldPath(FieldPath? parent, string name, int index)
    {
        _parent = parent;
        _name = name;
        _index = index;
    }

    public static FieldPath Root { get; } = new(null, "", -1);

    public FieldPath Field(string name) => new(this, name, -1);

    public FieldPath Item(int index) => new(this, "", index);

    public override string ToString()
    {
        var text = new StringBuilder();
        Append(text);
        return text.ToString();
    }

    private void Append(StringBuilder text)
    {
        _parent?.Append(text);
        if (_index >= 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"[{_index}]");
        }
        else if (_name.Length > 0)
        {
            // A key with dots of its own (a label) is bracketed, as kubectl's JSONPath users read it.
            if (_name.Contains('.', StringComparison.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"[{_name}]");
                return;
            }

            if (text.Length > 0)
            {
                text.Append('.');
            }

            text.Append(_name);
        }
    }
}
