"""Results → text: views lay a result out as grids, formats write any grid."""
